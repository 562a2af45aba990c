// The loop that users of rss-parser write: fetch, parse, keep the ids that were met.
// node rss_parser.cjs SEEN.json URL   prints [[id, title], …] of what was not met before
const fs = require("node:fs");
const Parser = require("rss-parser");

async function main([place, url]) {
  const seen = new Set(fs.existsSync(place) ? JSON.parse(fs.readFileSync(place, "utf8")) : []);
  const feed = await new Parser({ timeout: 10000 }).parseURL(url);
  const fresh = [];
  for (const item of feed.items) {
    const id = item.guid || item.id;
    if (!seen.has(id)) fresh.push([id, item.title]);
    seen.add(id);
  }
  fs.writeFileSync(place, JSON.stringify([...seen]));
  console.log(JSON.stringify(fresh));
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
