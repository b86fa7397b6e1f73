"""What operators say, beside what definitions say: words of like meaning, phrases, and what kind of act a verb is.

Only data. Words are written plainly here and brought to their stems in `words.py`. None of it is taken from the
intents that selection is measured by; it is the field's common speech.
"""

from collections.abc import Mapping
from enum import StrEnum


class Act(StrEnum):
    """What kind of thing is done, as far as a verb tells."""

    LOOK = "look"
    START = "start"
    STOP = "stop"
    RESTART = "restart"
    ENABLE = "enable"
    DISABLE = "disable"
    CREATE = "create"
    DELETE = "delete"
    CHANGE = "change"
    MOVE = "move"
    INSTALL = "install"
    UNINSTALL = "uninstall"
    BACKUP = "backup"
    RESTORE = "restore"
    REPAIR = "repair"
    RUN = "run"
    LOCK = "lock"
    UNLOCK = "unlock"
    ATTACH = "attach"
    DETACH = "detach"
    ALLOW = "allow"
    DENY = "deny"
    PACK = "pack"
    UNPACK = "unpack"


VERBS: Mapping[Act, str] = {
    Act.LOOK: "list show check display get read view print count describe status inspect see tell report examine watch "
    "plan preview simulate "
    "monitor top tail follow measure test verify validate probe ping trace query explain compare diff find search "
    "locate grep match lookup look filter identify detect browse sample capture sniff debug profile analyse analyze "
    "audit review track resolve calculate compute estimate discover enumerate scan sweep hunt investigate diagnose",
    Act.START: "start launch resume activate boot wake unpause",
    Act.STOP: "stop halt suspend pause end kill terminate abort cancel shutdown quit deactivate",
    Act.RESTART: "restart bounce kick cycle recycle reboot reload reset respawn refresh",
    Act.ENABLE: "enable",
    Act.DISABLE: "disable silence mute",
    Act.CREATE: "create make add generate issue register insert build provision allocate define declare schedule",
    Act.DELETE: "delete remove drop purge erase nuke wipe clean clear prune empty destroy flush expire trash rid",
    Act.CHANGE: "set change update modify edit replace rename resize extend grow limit renice configure assign patch "
    "adjust increase decrease raise lower scale tune rotate renew bump shrink",
    Act.MOVE: "copy sync resync mirror clone upload download fetch transfer pull push move send ship migrate replicate "
    "grab",
    Act.INSTALL: "install upgrade deploy",
    Act.UNINSTALL: "uninstall",
    Act.BACKUP: "backup snapshot dump export save",
    Act.RESTORE: "restore recover rollback undo revert import load",
    Act.REPAIR: "repair fix mend heal",
    Act.RUN: "run execute invoke trigger fire",
    Act.LOCK: "lock",
    Act.UNLOCK: "unlock",
    Act.ATTACH: "mount attach join connect",
    Act.DETACH: "unmount detach umount disconnect leave eject",
    Act.ALLOW: "allow permit grant accept authorize",
    Act.DENY: "deny block forbid reject revoke ban",
    Act.PACK: "compress archive zip gzip pack bundle tar",
    Act.UNPACK: "extract unzip decompress unpack untar gunzip",
}

OPPOSITES: frozenset[frozenset[Act]] = frozenset(
    frozenset(pair)
    for pair in (
        (Act.START, Act.STOP),
        (Act.ENABLE, Act.DISABLE),
        (Act.CREATE, Act.DELETE),
        (Act.INSTALL, Act.UNINSTALL),
        (Act.INSTALL, Act.DELETE),
        (Act.BACKUP, Act.RESTORE),
        (Act.LOCK, Act.UNLOCK),
        (Act.ATTACH, Act.DETACH),
        (Act.ALLOW, Act.DENY),
        (Act.PACK, Act.UNPACK),
        (Act.START, Act.DISABLE),
        (Act.STOP, Act.ENABLE),
    )
)

NEAR: frozenset[frozenset[Act]] = frozenset(
    frozenset(pair)
    for pair in (
        (Act.INSTALL, Act.CHANGE),
        (Act.INSTALL, Act.CREATE),
        (Act.CREATE, Act.CHANGE),
        (Act.CREATE, Act.BACKUP),
        (Act.CREATE, Act.RUN),
        (Act.MOVE, Act.BACKUP),
        (Act.MOVE, Act.CHANGE),
        (Act.MOVE, Act.RESTORE),
        (Act.RUN, Act.START),
        (Act.START, Act.RESTART),
        (Act.STOP, Act.DELETE),
        (Act.STOP, Act.DISABLE),
        (Act.DELETE, Act.UNINSTALL),
        (Act.DELETE, Act.DETACH),
        (Act.ENABLE, Act.START),
        (Act.RESTORE, Act.CHANGE),
        (Act.REPAIR, Act.RESTORE),
        (Act.REPAIR, Act.CHANGE),
        (Act.LOCK, Act.DISABLE),
        (Act.UNLOCK, Act.ENABLE),
        (Act.DENY, Act.DISABLE),
        (Act.ALLOW, Act.ENABLE),
        (Act.ALLOW, Act.CREATE),
        (Act.PACK, Act.BACKUP),
        (Act.UNPACK, Act.RESTORE),
    )
)
"""Acts that operators call by one another's names."""

QUESTIONS = "who which what whats where when why is are was were does did has have how any do anything anyone"
"""A question asks to be told: whatever its verb, it wants a look — unless it asks how something is done."""

PHRASES: tuple[tuple[str, str], ...] = (
    (r"\bhow (?:do|can|could|would|should) (?:i|we|you)\b|\bhow to\b", ""),
    (r"\b(?:can|could|would|will) you\b|\bi(?:'d| would) like (?:you )?to\b|\bi (?:want|need) (?:you )?to\b", ""),
    (r"\bplease\b|\bneed to\b|\bwe (?:want|need) to\b", ""),
    (r"\bshut(?:ting)? ?down\b|\bpower(?:ing)? off\b", "shutdown"),
    (r"\b(?:turn|switch)(?:ing|ed)? off\b", "disable"),
    (r"\b(?:turn|switch)(?:ing|ed)? on\b", "enable"),
    (r"\bback(?:ing|ed)? up\b", "backup"),
    (r"\blook(?:ing)? up\b", "lookup"),
    (r"\bset(?:ting)? up\b", "create configure"),
    (r"\bclean(?:ing|ed)? (?:up|out)\b", "clean"),
    (r"\bget(?:ting)? rid of\b|\bblow away\b|\bthrow (?:away|out)\b", "delete"),
    (r"\bspin(?:ning)? up\b|\bbring(?:ing)? up\b|\bfire up\b", "start"),
    (r"\btak(?:e|ing) down\b|\bbring(?:ing)? down\b", "stop"),
    (r"\btear(?:ing)? down\b", "delete"),
    (r"\broll(?:ing|ed)? back\b", "rollback"),
    (r"\b(?:logged|signed) (?:in|on)\b|\blog(?:s|ging)? on\b|\blog(?:s|ging)? in\b", "login logged session"),
    (r"\b(?:logged|signed) (?:out|off)\b|\blog off\b", "logoff session"),
    (r"\bopen ports?\b", "open listening ports"),
    (r"\bhow many\b|\bnumber of\b", "count"),
    (r"\bhow (?:fast|quick|quickly)\b", "latency response time"),
    (r"\btak(?:ing|es|e) up\b", "using"),
    (r"\bhow (?:big|large)\b|\b(?:total )?size of\b", "size total usage"),
    (
        r"\b(?:yesterday|last (?:night|week|month|monday|friday|sunday)|the other day|days? ago|hours? ago)\b",
        "history past",
    ),
    (r"\b(?:all|every) files\b", "files tree recursive"),
    (r"\bcheck(?:ing)? out\b", "checkout update version"),
    (r"\bolder than\b", "old"),
    (r"\b(?:larger|bigger) than\b", "large"),
    (r"\b(?:eating|hogging|chewing|burning)(?: up)?\b", "using most usage"),
    (r"\bran out of\b|\brunning out of\b|\bout of\b", "free available"),
    (r"\bkeep an eye on\b", "watch"),
    (r"\bset off\b|\bkick off\b", "run trigger"),
    (r"\bwhat(?:'s| is) (?:going )?wrong\b", "error failed"),
)
"""Turns of phrase, as regular expressions over lower-case text, and the words that stand for them; tried in order."""

LITERALS: tuple[tuple[str, Mapping[str, float]], ...] = (
    (r"\bhttps?://\S+", {"url": 0.5, "http": 0.5}),
    (r"(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.-]+", {}),
    (r"(?<!\w)[A-Za-z]:(?=\s|$)|(?<!\w)[A-Za-z]:\\\S*|\\\\\S+", {"windows": 1.0}),
    (r"(?<![\w.])~?/(?:[\w@+-][\w.@+*-]*/?)+", {"linux": 0.6}),
    (r"\b(?:\d{1,3}\.){3}\d{1,3}/\d+\b", {"subnet": 0.5, "network": 0.3}),
    (r"(?<![\w.-])(?:[A-Za-z0-9-]+\.)+(?:com|org|net|io|dev|local|internal|example|corp|lan|test)\b(?::\d+)?", {}),
    (r"(?<![\w.-])[\w-]+\.(?:exe|msi|ps1|cmd|bat|dll|evtx)\b", {"windows": 0.8}),
    (
        r"(?<![\w.-])[\w-]+(?:\.[\w-]+)*\.(?:log|txt|csv|json|ya?ml|xml|conf|cfg|ini|zip|tar|t?gz|bz2|xz|zst|7z|iso|sql|db|pcap"
        r"|sh|py|pem|crt|key|bin|rpm|deb|war|jar|pdf|png|dump|bak|out|service|timer)\b",
        {"file": 0.3},
    ),
    (r"(?<![\w.-])[A-Za-z]+(?:-[A-Za-z]+)*-\d[\w.-]*", {}),
    (r"\bv?\d[\d.:/_]*\b%?", {}),
)
"""What is called by its own name, and what that suggests; tried in order, each taken out of the text.

None begins within a run of its own characters: looked for at each of 2,000, they would take a quarter of a second."""

ENDINGS: tuple[tuple[str, Mapping[str, float]], ...] = (
    ("log", {"log": 0.6}),
    ("json", {"json": 1.0}),
    ("yaml yml", {"yaml": 1.0}),
    ("csv", {"csv": 0.6}),
    ("xml", {"xml": 0.8}),
    ("conf cfg ini", {"config": 0.4}),
    ("zip", {"zip": 1.0}),
    ("exe", {"process": 0.3}),
    ("tar tgz", {"tar": 1.0, "archive": 0.5}),
    ("gz", {"gzip": 1.0}),
    ("xz", {"xz": 1.0}),
    ("zst", {"zstd": 1.0}),
    ("7z", {"7z": 1.0}),
    ("sql", {"sql": 0.6}),
    ("pcap", {"packet": 0.8, "capture": 0.8}),
    ("ps1", {"powershell": 0.6, "script": 0.6}),
    ("sh py", {"script": 0.5}),
    ("msi", {"msi": 1.0}),
    ("rpm deb", {"package": 0.6}),
    ("pem crt", {"certificate": 0.8}),
    ("dump bak", {"dump": 0.5}),
    ("service", {"service": 0.6}),
    ("timer", {"timer": 0.8}),
    ("evtx", {"event": 0.8}),
)
"""The endings of file names, and what they suggest."""

LIKE: tuple[str, ...] = (
    "start launch begin",
    "restart bounce kick recycle respawn",
    "reboot restart",
    "reload refresh reread",
    "stop halt end shutdown",
    "kill terminate abort end",
    "delete remove erase drop purge nuke wipe trash destroy",
    "clean cleanup purge prune clear",
    "uninstall remove",
    "install deploy add",
    "upgrade update patch",
    "list show display enumerate view print",
    "status state health running alive",
    "check verify validate test",
    "find search locate hunt",
    "grep search match",
    "tail follow watch stream live last",
    "create make add new provision",
    "change modify edit set update configure",
    "copy transfer send upload push",
    "download fetch pull get grab",
    "sync synchronise synchronize mirror replicate rsync",
    "move relocate migrate",
    "archive tarball tar bundle",
    "compress zip gzip shrink",
    "extract unpack unzip decompress untar",
    "backup dump export snapshot",
    "restore recover import",
    "schedule tonight tomorrow later",
    "schedule cron crontab timer recurring periodically nightly daily weekly hourly",
    "run execute launch invoke",
    "block deny ban reject",
    "allow permit open",
    "limit throttle cap",
    "rename name",
    "resolve lookup resolution",
    "server host machine box node computer",
    "service daemon unit",
    "process task pid program",
    "log journal logs syslog logfile",
    "event log",
    "error failure failed failing fault crash crashed",
    "directory folder dir",
    "disk storage drive volume filesystem partition",
    "space usage free full used capacity",
    "large big largest biggest huge fat heavy",
    "old older stale aged outdated",
    "recent latest last newest modified changed",
    "memory ram swap",
    "cpu processor load",
    "slow latency lag performance sluggish",
    "busy busiest consuming using most top usage",
    "user account login",
    "login logon signin session logged",
    "group team membership member",
    "permission permissions rights acl mode chmod access",
    "owner ownership chown",
    "password credential passphrase secret",
    "certificate cert tls ssl",
    "renew renewal expire expiry expiration expiring",
    "package software application app rpm deb",
    "port socket listening listener",
    "connection socket session",
    "interface nic adapter ethernet link",
    "route routing gateway path hop",
    "trace traceroute path hops",
    "reachable reachability ping alive responding up down",
    "packet traffic capture sniff pcap",
    "firewall iptables filter rule",
    "ip address",
    "dns resolver nameserver",
    "container docker",
    "kubernetes k8s cluster",
    "pod workload",
    "vm instance machine virtual ec2",
    "bucket blob object s3",
    "image container",
    "query sql select",
    "table relation",
    "database db schema",
    "camera axis vapix video",
    "mail email message smtp",
    "alert alarm notification",
    "metric metrics measurement monitoring graph",
    "registry regkey hive",
    "environment variable",
    "domain ad directory",
    "patch hotfix update kb",
    "job task",
    "queue queued pending waiting",
    "time clock ntp date",
    "hostname name",
    "config configuration setting settings conf",
    "text string pattern phrase line",
    "version release",
    "temporary tmp temp",
    "inventory asset assets facts",
    "ticket incident issue",
    "switch router device",
    "vlan segment",
    "website url http page endpoint site",
)
"""Words that stand for one another, a group each. A word may be in several groups."""

IDLE = (
    "a an the of on in at for to from with by my our your this that these those it its i we you me us be been being am "
    "and or but so if then than as into onto over under out off about there here just now still yet again also too "
    "very really some all every each any other another more much many lot need want let lets give go going got should "
    "could would can will shall may might must not no yes ok hey hi thanks thank asap s t re ve ll d m via per within "
    "thing things stuff one ones something somewhere someone everything right"
)
"""Words that say nothing of what is to be done."""

PLATFORM_WORDS: Mapping[str, str] = {
    "linux": "linux ubuntu debian rhel centos fedora suse systemd bash",
    "windows": "windows powershell win cmd ntfs",
}
"""Words that tell for which of the two platforms something is to be done."""

GOAL_WORDS: Mapping[str, str] = {
    "fast": "fast quick quickly fastest quickest urgent urgently immediately asap hurry instantly",
    "cheap": "cheap cheaply cheapest inexpensive economical",
    "simple": "simple simply simplest easy easily easiest straightforward",
    "accurate": "accurate accurately exact exactly precise precisely reliably",
    "thorough": "thorough thoroughly exhaustive exhaustively comprehensive comprehensively completely",
}
"""Words of an intent that tell what is most wanted; they say nothing of what is to be done."""
