"""What is asked of a page, as JavaScript that only looks."""

from __future__ import annotations

HEADINGS = """() => [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
  .map(heading => Number(heading.tagName[1]))"""

IMAGES = """() => [...document.images].map(image => ({
  src: image.src,
  loaded: image.complete && image.naturalWidth > 0,
  hasAlt: image.hasAttribute("alt"),
}))"""

LINKS = """() => [...document.querySelectorAll("a[href]")].map(link => ({
  href: link.href,
  scheme: link.protocol,
}))"""

UNNAMED = """() => [...document.querySelectorAll("a[href], summary")]
  .filter(element => !element.innerText.trim() && !element.textContent.trim())
  .map(element => element.outerHTML)"""

# Elements that reach past the window; the skip link stands outside on purpose until it is wanted.
OVERFLOW = """() => [...document.querySelectorAll("body *:not(.skip)")]
  .filter(element => {
    const box = element.getBoundingClientRect();
    return element.checkVisibility() && box.width && (box.right > innerWidth + 1 || box.left < -1);
  })
  .map(element => element.outerHTML.slice(0, 120))"""

# The contrast of every visible text with the ground below it (WCAG 2.2, relative luminance).
# Grounds here are opaque or wholly clear, and no text stands on a picture.
CONTRASTS = """() => {
  const parts = colour => colour.match(/[\\d.]+/g).map(Number);
  const luminance = colour => {
    const [red, green, blue] = parts(colour).slice(0, 3).map(part => part / 255)
      .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ground = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if ((parts(colour)[3] ?? 1) > 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const found = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.data.trim();
    if (!text || !element.checkVisibility()) continue;
    const [front, back] = [getComputedStyle(element).color, ground(element)];
    const [darker, lighter] = [luminance(front), luminance(back)].sort((a, b) => a - b);
    const ratio = (lighter + 0.05) / (darker + 0.05);
    found.set(front + back, {text: text.slice(0, 40), front, back, ratio});
  }
  return [...found.values()];
}"""

# What shows that an element has the focus: an outline of some width.
FOCUS = """() => {
  const style = getComputedStyle(document.activeElement);
  const box = document.activeElement.getBoundingClientRect();
  return {
    name: document.activeElement.textContent.trim(),
    tag: document.activeElement.tagName,
    outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    inSight: box.left >= 0 && box.top >= 0 && box.right <= innerWidth,
  };
}"""

DISPLAY = "selector => getComputedStyle(document.querySelector(selector)).display"

# What a finger aims at, with the size of its box; a link within running text may be as low as that.
TARGETS = """() => [...document.querySelectorAll("button, input, select, summary")]
  .filter(element => element.checkVisibility())
  .map(element => ({
    name: element.outerHTML.slice(0, 80),
    width: element.getBoundingClientRect().width,
    height: element.getBoundingClientRect().height,
  }))"""

# How far things moved while the page came (web.dev/cls): 0 is best, 0.1 is good.
SHIFT = """() => new Promise(done => {
  let shift = 0;
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) shift += entry.value;
  }).observe({type: "layout-shift", buffered: true});
  setTimeout(() => done(shift), 300);
})"""

SIZES = """() => [...document.images].map(image => ({
  src: image.src,
  width: Number(image.getAttribute("width")),
  height: Number(image.getAttribute("height")),
  naturalWidth: image.naturalWidth,
  naturalHeight: image.naturalHeight,
}))"""
