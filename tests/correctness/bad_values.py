"""What commands are asked with, and what is wrong with it: the tables of bad_input.py.

VERBS says of every verb a call that would work (and change something, where the verb changes anything), KINDS what every
option and operand takes, and BAD what a kind must refuse: label, value, exit code, stable word of the error.
"""

INVALID_UTF8 = [
    ("a byte that is never UTF-8", b"a\xffb"), ("a cut character", b"a\xec\x9d"), ("an overlong form", b"\xc0\xaf"),
    ("a surrogate", b"\xed\xa0\x80"), ("beyond U+10FFFF", b"\xf4\x90\x80\x80"), ("a lone continuation byte", b"\x80"),
]
CONTROLS = [
    ("a newline", b"a\nb"), ("a newline at the end", b"a\n"), ("a carriage return", b"a\rb"), ("a tab", b"a\tb"),
    ("an escape sequence", b"\x1b[31mred"), ("a bell", b"\x07"), ("a delete", b"a\x7f"), ("a C1 control", b"a\xc2\x85b"),
    ("a line separator", "a\u2028b".encode()), ("a right-to-left override", "a\u202eb".encode()),
]
QUOTES = [
    ("a double quote", b'a"b'), ("a single quote", b"a'b"), ("a backquote", b"a`b"), ("a slash", b"../a"),
    ("a backslash", b"a\\b"), ("a space", b"a b"), ("a space in front", b" a"), ("a zero width space", "a\u200bb".encode()),
]
NOT_NUMBERS = [
    ("minus one", b"-1"), ("a fraction", b"1.5"), ("an exponent", b"1e3"), ("20 digits", b"99999999999999999999"),
    ("nothing", b""), ("a space in front", b" 5"), ("a space behind", b"5 "), ("a full-width digit", "５".encode()),
    ("a sign", b"+5"), ("hexadecimal", b"0x5"), ("digits in groups", b"1,000"), ("a word", b"five"),
    ("a newline behind", b"5\n"), ("no number", b"NaN"), ("2^63", b"9223372036854775808"), ("2^64 + 5", b"18446744073709551621"),
    ("not UTF-8", b"5\xff"), ("an Arabic digit", "٥".encode()),
]


def refused(values, code, word):
    return [(label, value, code, word) for label, value in values]


def bad_ids(word="bad_id"):
    return refused([("nothing", b""), ("65 bytes", b"a" * 65), ("22 Hangul are 66 bytes", "가".encode() * 22),
                    ("100,000 bytes", b"x" * 100000), ("a dash in front", b"-a")] + INVALID_UTF8 + CONTROLS + QUOTES,
                   65, word)


def bad_text(word="bad_text"):
    return refused([("257 bytes", b"a" * 257), ("86 Hangul are 258 bytes", "가".encode() * 86)] + INVALID_UTF8 + CONTROLS,
                   65, word)


BAD = {
    "id": bad_ids(),
    "grade": bad_ids("bad_grade"),
    "offer": refused([("beside a musical", b"w")], 64, "usage"),  # an offer says all else
    "text": bad_text(),
    "name": bad_text() + refused([("nothing", b"")], 65, "bad_name"),
    "degrees": refused([("nothing", b""), ("beyond", b"181"), ("an exponent", b"1e1"), ("a sign", b"+5"), ("a word", b"north"),
                        ("a comma", b"37,5"), ("no digit behind", b"5."), ("no digit before", b".5"), ("a space", b" 5"),
                        ("a newline", b"5\n"), ("no number", b"NaN"), ("20 digits", b"99999999999999999999"),
                        ("not UTF-8", b"5\xff")], 65, "bad_location"),
    "capacity": refused([("a milliard and one", b"1000000001")] + NOT_NUMBERS, 65, "bad_capacity"),
    "fulfil": refused([("nothing", b""), ("another word", b"post"), ("a newline", b"pickup\n"), ("not UTF-8", b"\xff")], 65,
                      "bad_fulfil"),
    "seats": refused([("zero", b"0"), ("a milliard and one", b"1000000001")] + NOT_NUMBERS, 65, "bad_seats"),
    "per customer": refused([("zero", b"0")] + NOT_NUMBERS, 65, "bad_max_per_customer"),
    "price": refused([("2^53", b"9007199254740992")] + NOT_NUMBERS, 65, "bad_price"),
    "position": refused([("2^53", b"9007199254740992")] + NOT_NUMBERS, 64, "usage"),
    "count": refused([("zero", b"0")] + NOT_NUMBERS, 64, "usage"),
    "max": refused([("zero", b"0")] + NOT_NUMBERS, 64, "usage"),
    "last": refused([("zero", b"0")] + NOT_NUMBERS, 64, "usage"),
    "jobs": refused([("zero", b"0"), ("65", b"65")] + NOT_NUMBERS, 64, "usage"),
    "filter": [],  # what has no such name is not listed
    "notice": refused([("another one", b"999999")], 1, "no_such_notice"),
    "code": bad_text("bad_code") + refused([("nothing", b""), ("a word", b"nonsense"),
                                                ("another one", b"0000-0000-0000-0000")], 1, "no_such_ticket"),
    "QR picture": refused([("nothing", b"")], 64, "usage") + refused(
        [("no such directory", b"/nonexistent/x.png"), ("a directory", b"/"), ("a newline", b"/nonexistent/a\nb")], 73,
        "cannot_create"),
    "parked": refused([("another word", b"nonsense")], 1, "not_parked"),
    "part": refused([("part 0", b"0/2"), ("of 0", b"1/0"), ("beyond", b"3/2"), ("too many", b"1/1001"), ("one number", b"1"),
                     ("a space", b"1 /2"), ("more behind", b"1/2/3"), ("a newline", b"1/2\n"), ("zeros", b"01/02"),
                     ("nothing", b""), ("not UTF-8", b"1/\xff")], 64, "usage"),
    "currency": refused([("nothing", b""), ("small letters", b"krw"), ("four letters", b"KRWX"), ("a sign", "₩".encode()),
                         ("a newline", b"KR\n"), ("not UTF-8", b"\xff\xff\xff")], 65, "bad_currency"),
    "time": refused([("nothing", b""), ("a word", b"tomorrow"), ("no such month", b"2026-13-01T00:00:00Z"),
                     ("no such day", b"2026-02-29T00:00:00Z"), ("only a day", b"2026-11-20"),
                     ("no zone", b"2026-11-20T12:00:00"), ("a newline", b"2026-11-20T12:00:00Z\n"),
                     ("not UTF-8", b"\xff")], 65, "bad_time"),
    "since": refused([("nothing", b""), ("a word", b"yesterday"), ("no such month", b"2026-13-01T00:00:00Z"),
                      ("only a day", b"2026-11-20"), ("a newline", b"2026-11-20T12:00:00Z\n"), ("not UTF-8", b"\xff")],
                     64, "usage"),
    "bound": refused([("nothing", b""), ("a word", b"yesterday"), ("no such day", b"2026-02-29"), ("a month", b"2026-11"),
                      ("a newline", b"2026-11-20\n"), ("ten bytes", b"not a day!"), ("not UTF-8", b"\xff")], 64, "usage"),
    "zone": refused([("nothing", b""), ("a word", b"KST"), ("UTC", b"Z"), ("hours", b"+9"), ("a day and more", b"+25:00"),
                     ("a space", b" 09:00"), ("a newline", b"+09:00\n"), ("more behind", b"+09:00:00"),
                     ("SQL", b"+09:00'"), ("not UTF-8", b"+09:0\xff")], 64, "usage"),
    "picture": refused([("nothing", b""), ("a directory", b"/"), ("nowhere", b"/nonexistent/x.svg"),
                        ("a newline", b"/nonexistent/a\nb")], 73, "cannot_create"),
    "email": refused([("nothing", b""), ("no at", b"mina"), ("a newline", b"mina@example.org\nBcc: x@example.org"),
                      ("not UTF-8", b"\xff@example.org"), ("a space", b"mi na@example.org")], 65, "bad_email"),
    "word": refused([("nothing", b""), ("another word", b"nonsense"), ("a newline", b"a\nb"), ("not UTF-8", b"\xff")], 64,
                    "usage"),
    "duration": refused([("nothing", b""), ("no unit", b"5"), ("no such unit", b"5y"), ("minus", b"-5s"),
                         ("a fraction", b"1.5s"), ("a newline", b"5s\n"), ("20 digits", b"99999999999999999999s")], 64,
                        "usage"),
    "open time": refused([("nothing", b""), ("zero", b"0s"), ("more than a year", b"366d"), ("no unit", b"5")], 64, "usage"),
    "types": refused([("nothing", b""), ("a space", b"a b"), ("a double quote", b'a"b'), ("an empty part", b"A,,B"),
                      ("129 bytes", b"a" * 129), ("a newline", b"a\nb")] + INVALID_UTF8, 65, "bad_type"),
    "tag": refused([("nothing", b""), ("no colon", b"musical"), ("no name", b":1"), ("no value", b"musical:"),
                    ("a newline", b"musical:a\nb"), ("too long", b"a:" + b"a" * 511)] + INVALID_UTF8, 65, "bad_tag"),
    "correlation": refused([("nothing", b""), ("a newline", b"a\nb"), ("257 bytes", b"a" * 257)] + INVALID_UTF8, 65,
                           "bad_correlation"),
    "consumer": refused([("nothing", b""), ("a dot in front", b".a"), ("a slash", b"a/b"), ("two dots", b".."),
                         ("65 bytes", b"a" * 65), ("a newline", b"a\nb"), ("a space", b"a b"), ("a quote", b"a'b")] +
                        INVALID_UTF8, 65, "invalid"),
    "gone": refused([("nothing", b""), ("another word", b"nonsense"), ("two dots", b".."), ("a slash", b"a/b"),
                     ("65 bytes", b"a" * 65), ("a newline", b"a\nb")] + INVALID_UTF8, 1, "no_such_consumer"),
    "model": refused([("nothing", b""), ("another word", b"nonsense"), ("two dots", b"../journal"), ("a newline", b"a\nb"),
                      ("not UTF-8", b"\xff")], 1, "no_such_model"),
    "file": refused([("nothing", b""), ("not there", b"/nonexistent/x.yaml"), ("a newline", b"/nonexistent/a\nb"),
                     ("not UTF-8", b"/nonexistent/\xff")], 66, None),
    "config": refused([("not there", b"/nonexistent/x.yaml"), ("a newline", b"/nonexistent/a\nb")], 66, None),
    "store": refused([("another scheme", b"gopher://x"), ("an unknown parameter", b"file:///tmp/x?segments=5"),
                      ("a host", b"file://host/tmp")], 64, "usage"),
}

# What an option takes; (command, option) before option.
KINDS = {
    "id": "id", "name": "text", "seats": "seats", "price": "price", "currency": "currency", "venue": "text",
    "starts-at": "time", "sales-open": "time", "sales-close": "time", "max-per-customer": "per customer",
    "musical": "id", "customer": "id", "reservation": "id", "request-id": "id", "reason": "text", "status": "word",
    "progress": "word",
    "email": "email", "lang": "word", "since": "since", "max": "max", "timeout": "duration", "output": "word",
    "errors": "word", "color": "word", "after": "position", "type": "types", "tag": "tag", "correlation": "correlation",
    "limit": "count", "format": "word", "unless-type": "types", "unless-tag": "tag", "consumer": "consumer",
    "batch": "count", "max-attempts": "count", "part": "part", "max-lag": "position",
    "max-age": "duration", "last": "last",
    "config": "config", "store": "store", "jobs": "jobs", "for": "open time",
    ("op-musical", "name"): "name", ("op-mypage", "since"): "bound", "until": "bound", "zone": "zone", "by": "word",
    "svg": "picture", "qr": "QR picture",
    "lat": "degrees", "lon": "degrees", "capacity": "capacity", "fulfil": "fulfil", "branch": "id",
    "grade": "grade", "offer": "offer",
    ("op-assign", "name"): "name",
}

EVENT = b'{"type":"Note","data":{"text":"x"}}\n'


class Verb:
    """A call that works. `operands` are pairs of kind and value, of which the first `least` must be given; `changes`
    verbs append, `reads` only read."""

    def __init__(self, command, name, options=(), operands=(), changes=False, stdin=b"", behind=(), least=None):
        self.command, self.name = command, name
        self.least = len(operands) if least is None else least  # operands that must be given
        self.options = list(options)
        self.operands = list(operands)
        self.changes = changes
        self.stdin = stdin
        self.behind = list(behind)

    def words(self):
        return self.name.split() if self.name else []

    def call(self, extra=(), operands=None):
        values = [value for _, value in self.operands] if operands is None else operands
        call = [self.command] + self.words() + self.options + list(extra)
        if values or self.behind:
            call += ["--"] + values + self.behind
        return call

    def __str__(self):
        return (self.command + " " + self.name).strip()


ID1 = [("id", "1")]
CODE = "7XKQ-2M9D-VH4T-0CPR"  # of the ticket that correctness-input.bats has issued

VERBS = [
    Verb("op-musical", "register", ["--id", "9", "--name", "N", "--seats", "5"], changes=True),
    Verb("op-musical", "adjust", ["--seats", "77"], ID1, changes=True),
    Verb("op-musical", "close", [], ID1, changes=True),
    Verb("op-musical", "open", [], [("id", "closed")], changes=True),
    Verb("op-musical", "import", [], [("file", "catalogue.yaml")], changes=True),
    Verb("op-musical", "list"),
    Verb("op-musical", "show", [], ID1),
    Verb("op-musical", "run"),
    Verb("op-reserve", "place", ["--musical", "1", "--seats", "1"], changes=True),
    Verb("op-reserve", "cancel", [], ID1, changes=True),
    Verb("op-reserve", "wait", ["--musical", "full", "--seats", "1"], changes=True),
    Verb("op-reserve", "wait list"),
    Verb("op-reserve", "wait show", [], [("id", "w")]),
    Verb("op-reserve", "wait withdraw", [], [("id", "w")], changes=True),
    Verb("op-reserve", "list"),
    Verb("op-reserve", "show", [], ID1),
    Verb("op-reserve", "run"),
    Verb("op-pay", "run"),
    Verb("op-pay", "list"),
    Verb("op-pay", "show", [], ID1),
    Verb("op-pay", "retry", [], [("id", "parked")], changes=True),
    Verb("op-pay", "circuit", [], [("word", "show")], least=0),
    Verb("op-pay", "circuit", [], [("word", "open")], changes=True, least=0),
    Verb("op-pay", "reconcile"),
    Verb("op-ticket", "issue", [], [("id", "paid")], changes=True),
    Verb("op-ticket", "admit", [], [("code", CODE)], changes=True),
    Verb("op-ticket", "verify", [], [("code", CODE)]),
    Verb("op-ticket", "list"),
    Verb("op-ticket", "show", [], [("id", "paid")]),
    Verb("op-ticket", "run"),
    Verb("op-assign", "branch add", ["--id", "c", "--name", "N", "--lat", "37.5", "--lon", "127", "--capacity", "5"],
         changes=True),
    Verb("op-assign", "branch adjust", ["--capacity", "7"], [("id", "b")], changes=True),
    Verb("op-assign", "branch close", [], [("id", "b")], changes=True),
    Verb("op-assign", "branch open", [], [("id", "closed")], changes=True),
    Verb("op-assign", "branch import", [], [("file", "branches.yaml")], changes=True),
    Verb("op-assign", "branch list"),
    Verb("op-assign", "branch show", [], [("id", "b")]),
    Verb("op-assign", "run"),
    Verb("op-assign", "list"),
    Verb("op-assign", "show", [], [("id", "located")]),
    Verb("op-assign", "collect", [], [("id", "located")], changes=True),
    Verb("op-notify", "run"),
    Verb("op-notify", "list"),
    Verb("op-notify", "retry", [], [("notice", "13")], changes=True),
    Verb("op-notify", "contact set", ["--email", "a@example.org"], [("id", "c")], changes=True),
    Verb("op-notify", "contact show", [], [("id", "mina")]),
    Verb("op-notify", "contact forget", [], [("id", "mina")], changes=True),
    Verb("op-mypage", ""),
    Verb("op-mypage", "show", [], ID1),
    Verb("op-mypage", "history", [], ID1),
    Verb("op-mypage", "report sales"),
    Verb("op-mypage", "report occupancy"),
    Verb("op-mypage", "report payments"),
    Verb("op-journal", "read"),
    Verb("op-journal", "append", changes=True, stdin=EVENT),
    Verb("op-journal", "consume", ["--consumer", "c"], behind=["true"]),
    Verb("op-journal", "consumers"),
    Verb("op-journal", "seek", [], [("consumer", "c"), ("position", "1")]),
    Verb("op-journal", "forget", [], [("gone", "c")]),
    Verb("op-journal", "parts", [], [("consumer", "c"), ("position", "0")]),
    Verb("op-journal", "parked", [], [("filter", "p")], least=0),
    Verb("op-journal", "retry", [], [("parked", "p"), ("position", "1")], least=1),
    Verb("op-journal", "drop", [], [("parked", "p"), ("position", "1")]),
    Verb("op-journal", "verify"),
    Verb("op-journal", "repair"),
    Verb("op-journal", "stat"),
    Verb("op-journal", "rebuild", [], [("model", "reserve")]),
    Verb("outerpark", "tick"),
    Verb("outerpark", "status"),
]

GOOD_LINE = b'{"musicalId":"1","seats":1}'

# Lines of `place --batch`: label, line, stable word of the answer (None: any).
BAD_REQUESTS = [
    ("half a line", b'{"musicalId":"1","sea', "malformed"),
    ("a word", b"nonsense", "malformed"),
    ("an array", b'["1",1]', "malformed"),
    ("a string", b'"1"', "malformed"),
    ("a number", b"1", "malformed"),
    ("null", b"null", "malformed"),
    ("two objects", b'{"musicalId":"1","seats":1}{"musicalId":"1","seats":1}', "malformed"),
    ("a comma too many", b'{"musicalId":"1","seats":1,}', "malformed"),
    ("single quotes", b"{'musicalId':'1','seats':1}", "malformed"),
    ("no seats", b'{"musicalId":"1"}', "malformed"),
    ("no musical", b'{"seats":1}', "malformed"),
    ("an empty object", b"{}", "malformed"),
    ("a member twice", b'{"musicalId":"1","seats":1,"seats":2}', "malformed"),
    ("an unknown member", b'{"musicalId":"1","seats":1,"seat":2}', "malformed"),
    ("not UTF-8", b'{"musicalId":"\xff","seats":1}', "malformed"),
    ("a NUL", b'{"musicalId":"1\\u0000","seats":1}', None),
    ("half a surrogate pair", b'{"musicalId":"\\ud800","seats":1}', "malformed"),
    ("nested too deep", b"[" * 100000, "malformed"),
    ("a megabyte", b'{"musicalId":"1","seats":1,"customerId":"' + b"a" * (1 << 20) + b'"}', None),
    ("a control character", b'{"musicalId":"a\x01","seats":1}', "malformed"),
    ("an array as id", b'{"musicalId":["1"],"seats":1}', "malformed"),
    ("a null id", b'{"musicalId":null,"seats":1}', "malformed"),
] + [("seats of " + seats.decode(), b'{"musicalId":"1","seats":' + seats + b"}", "bad_seats")
     for seats in (b"0", b"-1", b"1.5", b"1.0", b"1e3", b"1000000001", b'"5"', b"null", b"true", b"[]", b'""', b'" 5"')
     ] + [("seats of 20 digits", b'{"musicalId":"1","seats":99999999999999999999}', None)] + [
         ("%s: %s" % (key, label), b'{"musicalId":"1","seats":1,"%s":"%s"}' % (key.encode(), text), "bad_id")
         for key in ("musicalId2", "customerId", "requestId", "id") if key != "musicalId2"
         for label, text in (("nothing", b""), ("65 bytes", b"a" * 65), ("a newline", b"a\\nb"), ("a quote", b'a\\"b'),
                             ("a slash", b"a/b"), ("a backslash", b"a\\\\b"), ("an escape", b"\\u001b[1m"))
     ] + [("a price of " + price.decode(), b'{"musicalId":"1","seats":1,"price":' + price + b"}", "bad_price")
          for price in (b"-1", b"1.5", b"1e3", b'"5"', b"9007199254740992")]

# Lines of `op-journal append`.
BAD_EVENTS = [
    ("half a line", b'{"type":"Note","da'), ("a word", b"nonsense"), ("an array", b"[]"), ("no type", b'{"data":{}}'),
    ("an empty type", b'{"type":""}'), ("a type with a space", b'{"type":"a b"}'), ("a type that is a number", b'{"type":1}'),
    ("data that is an array", b'{"type":"Note","data":[]}'), ("data that is a string", b'{"type":"Note","data":"x"}'),
    ("an unknown member", b'{"type":"Note","corelation":"1"}'), ("a member twice", b'{"type":"Note","type":"Note"}'),
    ("a member of data twice", b'{"type":"Note","data":{"text":"a","text":"b"}}'),
    ("a tag without a colon", b'{"type":"Note","tags":["x"]}'), ("tags that are no array", b'{"type":"Note","tags":"a:b"}'),
    ("a tag with a newline", b'{"type":"Note","tags":["a:b\\nc"]}'),
    ("65 tags", b'{"type":"Note","tags":[' + b",".join(b'"a:%d"' % n for n in range(65)) + b"]}"),
    ("a causation of 0", b'{"type":"Note","causation":0}'), ("a causation of -1", b'{"type":"Note","causation":-1}'),
    ("a causation of 1.5", b'{"type":"Note","causation":1.5}'), ("a causation of 1e0", b'{"type":"Note","causation":1e0}'),
    ("a causation of 20 digits", b'{"type":"Note","causation":99999999999999999999}'),
    ("a causation that is a string", b'{"type":"Note","causation":"1"}'),
    ("an id with a newline", b'{"type":"Note","id":"a\\nb"}'), ("an empty id", b'{"type":"Note","id":""}'),
    ("an id of 257 bytes", b'{"type":"Note","id":"' + b"a" * 257 + b'"}'),
    ("an id with a NUL", b'{"type":"Note","id":"a\\u0000b"}'),
    ("a time that is none", b'{"type":"Note","time":"yesterday"}'),
    ("not UTF-8", b'{"type":"Note","data":{"text":"\xff"}}'),
    ("half a surrogate pair", b'{"type":"Note","data":{"text":"\\udc00"}}'),
    ("a control character", b'{"type":"Note","data":{"text":"a\x01b"}}'),
    ("a NUL byte", b'{"type":"Note",\x00"data":{}}'),
    ("nested too deep", b'{"type":"Note","data":{"a":' + b"[" * 100000 + b"]" * 100000 + b"}}"),
    ("a line that is too long", b'{"type":"Note","data":{"text":"' + b"a" * (1 << 20) + b'"}}'),
]
