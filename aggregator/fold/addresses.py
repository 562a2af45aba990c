"""What is known about addresses: tracking parameters, redirectors, caches, hosts.

Facts only, as tables; `identity` applies them. A parameter that is not named here is kept, because
a wrong merge is worse than a missed one.
"""

from __future__ import annotations

import re

TRACKING_PREFIXES = (
    "utm_", "mtm_", "matomo_", "pk_", "piwik_", "hsa_", "oly_", "vero_", "__hs", "_hs", "at_custom",
    "ns_", "wt_mc", "wt.mc", "ga_", "trk_", "fb_action", "fb_comment", "itm_", "sc_c", "stm_",
    "elq", "__twitter_", "_openstat", "xtor", "ml_sub", "asc_", "wickedid", "aspsessionid",
)  # fmt: skip

# Names that only ever say how a reader came, whatever the value. Lower case.
_TRACKING = """
_branch_match_id _bta_c _bta_tid _ga _gac _gl _ke _kx _sp _x_tr_hist __s __tn__ __source
_medium_source a_aid action_object_map action_ref_map action_type_map aff_platform at_bbc_team
at_campaign at_campaign_type at_format at_link_id at_link_origin at_link_type at_medium
at_ptr_name algo_expid algo_pvid assetid_src bxid c_medium c_source campaign_id cb_rec
cid_source cmp cmpid cn-reloaded cndid curator cvid dclid dicbo dlbk echobox ef_id emc esrc
eventpromo fb_ref fb_source fbclid mc_cid mc_eid feedname feedtype ftag ftcamp gaa_at gaa_n
gaa_sig gaa_ts gad_source gbraid gclid gclsrc gi guce_referrer guce_referrer_sig guccounter
hctatracking hootpostid icid ig_mid ig_rid igsh igshid inf_contact_key int_campaign
int_content int_medium int_source itok_src ito li_fat_id mbid mkcid mkevt mkrid mkt_tok
mod_rss msclkid nb_expid ncid nl_campaign ocid onfirstvisit ref_src ref_url referringsource
refsrc rss_id s_campaign s_cid s_kwcid sc_channel sfns share_from shareadraft si_source smid
smtyp soc_src soc_trk spm spmailingid spjobid spreportid spuserid srcid srnd sref sscid sthash
taid tblci tpcc trackingid triedredirect ttclid twclid tw_source twsrc ul_campaign
unlock_article_code vgo_ee wbraid wpisrc wprov wtrid xnpe_tifc yclid ysclid zanpid __cf_chl_tk
__cf_chl_rt_tk feature_share fromrss rssfeed soc_source spref smprod smvar phpsessid jsessionid
"""
TRACKING = frozenset(_TRACKING.split())

# Names that track only with such values: elsewhere they may name a branch, a shop, a section.
_SOMETIMES_TRACKING = """
ref referrer referer source src from via medium campaign rss feed partner cid share origin mod
sr_share link_source
"""
SOMETIMES_TRACKING = frozenset(_SOMETIMES_TRACKING.split())
_TRACKING_VALUES = """
rss rss2 atom feed feeds feedburner newsletter email mail twitter facebook fb tw reddit
linkedin whatsapp telegram instagram social share sharing copylink copy-link share_btn_tw hp
home homepage syndication flipboard applenews apple_news googlenews google-news pocket digest
dlvr.it dlvrit buffer ifttt sharebar native_share nl rssfeed public_rss
"""
TRACKING_VALUES = frozenset(_TRACKING_VALUES.split())

# Names of a reader's session only with a value drawn by chance: elsewhere they number a story.
SESSION_VALUES = {"sid": re.compile(r"(?=.*[0-9])(?=.*[a-z])[0-9a-z]{26,}")}  # as PHP draws them

AMP_NAMES = frozenset(("amp", "amp_js_v", "amp_gsa", "usqp", "amp_latest_update_time", "isamp"))
AMP_VALUES = {"outputtype": "amp", "output": "amp", "view": "amp", "type": "amp", "m": "amp"}

# Only on these hosts (and below them) is the name known to be without meaning.
HOST_TRACKING = {
    "nytimes.com": frozenset(("_r", "hp", "hpw", "ref", "partner", "rref", "mcubz", "mtrref")),
    "youtube.com": frozenset(("feature", "si", "pp", "ab_channel", "app")),
    "twitter.com": frozenset(("s", "t", "lang")),
    "reddit.com": frozenset(("context", "rdt", "share_id")),
    "bbc.co.uk": frozenset(("intlink_from_url", "ocid")),
    "bbc.com": frozenset(("intlink_from_url", "ocid")),
    "theguardian.com": frozenset(("dcr",)),
}

# Redirectors: host -> (path, names of the parameter that holds the address).
REDIRECTORS = {
    "l.facebook.com": ("/l.php", ("u",)),
    "lm.facebook.com": ("/l.php", ("u",)),
    "facebook.com": ("/l.php", ("u",)),
    "l.instagram.com": ("/", ("u",)),
    "out.reddit.com": ("", ("url",)),
    "t.umblr.com": ("/redirect", ("z",)),
    "bing.com": ("/news/apiclick.aspx", ("url",)),
    "youtube.com": ("/redirect", ("q",)),
    "linkedin.com": ("/redir/redirect", ("url",)),
    "steamcommunity.com": ("/linkfilter/", ("url", "u")),
    "vk.com": ("/away.php", ("to",)),
    "slack-redir.net": ("/link", ("url",)),
    "getpocket.com": ("/redirect", ("url",)),
    "flipboard.com": ("/redirect", ("url",)),
    "news.google.com": ("/news/url", ("url",)),
}
GOOGLE_URL_PARAMETERS = ("url", "q", "u")

MOBILE_LABELS = frozenset(("www", "m", "mobile", "amp", "touch", "wap"))

HOST_ALIASES = {
    "x.com": "twitter.com",
    "nitter.net": "twitter.com",
    "old.reddit.com": "reddit.com",
    "new.reddit.com": "reddit.com",
    "np.reddit.com": "reddit.com",
    "music.youtube.com": "youtube.com",
}

INDEX_NAMES = frozenset(
    f"{stem}.{suffix}"
    for stem in ("index", "default")
    for suffix in ("html", "htm", "php", "asp", "aspx", "shtml", "jsp", "xhtml")
)
