"""What customers of the kill campaign ask for beside seats: tickets, pick-ups and the waiting list; and what branches can take.

Each function makes a Call for a Load (kill_load.py); what it said is logged for the checker that knows the rules of it:
check_tickets.py, check_pickups.py, check_waiting.py. Where a call has a request id and was killed before it said anything,
the same is asked again later. Such a call may tell of what its killed twin wrote, so it counts from the start of that one.
"""

SOLD_OUT = ("2", "3")  # musicals that are small enough to wait for
OFFER, OFFER_AT_REST = "1s", "1h"  # reservation.offer: so short that many are not accepted in time
BRANCHES = {"gangnam": (37.498, 127.028), "jongno": (37.57, 126.992), "mapo": (37.554, 126.925)}
FAR = (-33.869, 151.209)  # no branch is in reach
ROLES = ("issue", "admit", "branch", "collect", "wait", "withdraw")


class Wish:
    """A question that a killed call may have left open."""

    def __init__(self, role, log, line, command, before=None):
        self.role, self.log, self.line, self.command, self.before = role, log, line, command, before


def somewhere(rng):
    """Where a reservation is to be handed over: the members of a request."""
    lat, lon = FAR if rng.random() < 0.05 else (37.55 + rng.gauss(0, 0.03), 126.98 + rng.gauss(0, 0.05))
    return {"lat": round(lat, 3), "lon": round(lon, 3), "fulfil": "delivery" if rng.random() < 0.3 else "pickup"}


def branches():
    """The commands that make them."""
    return [("op-assign", "branch", "add", "--id", name, "--name", name, "--lat", str(lat), "--lon", str(lon),
             "--capacity", "6") for name, (lat, lon) in BRANCHES.items()]


def pick(names, choice, newest=False):
    """One of a list, which loses it; None of an empty one."""
    if not names:
        return None
    return names.pop(int(len(names) * (1 - choice.pick ** 3 if newest else choice.pick) * 0.999999))


def wish(load, role, choice):
    """What somebody asks for in this role, or None where there is nothing to ask it of yet."""
    again = [one for one in load.open_wishes if one.role == role]
    if again and choice.part < 0.5:
        load.open_wishes.remove(again[0])
        return again[0]
    return {"issue": issue, "admit": admit, "branch": branch, "collect": collect, "wait": wait,
            "withdraw": withdraw}[role](load, choice)


def asking(load, program, *words):
    """The command line of a call that can be asked again."""
    return [program, "--errors", "json", "--timeout", load.timeout, "-o", "ndjson", *words, "--request-id", load.name()]


# ---- tickets ---------------------------------------------------------------------------------------------------------


def issue(load, choice):
    if not load.mine:
        return None
    name = load.mine[int(choice.pick * len(load.mine))][0]
    return Wish("issue", "tickets", {"kind": "issue", "reservation": name, "seats": None},
                asking(load, "op-ticket", "issue", name))


def admit(load, choice):
    ticket = pick(load.tickets, choice)
    if ticket is None:
        return None
    name, code = ticket
    if choice.again:
        load.tickets.append(ticket)  # somebody will try it once more
    return Wish("admit", "tickets", {"kind": "admit", "reservation": name, "seats": None},
                asking(load, "op-ticket", "admit", code))


# ---- pick-ups --------------------------------------------------------------------------------------------------------


def branch(load, choice):
    name = list(BRANCHES)[int(choice.pick * len(BRANCHES))]
    capacity = int(load.branch_capacity + choice.part * 12)
    load.branch_capacity += 3  # more of them than less, so that reservations find a place
    asked = {"branchId": name, "capacity": capacity}
    return Wish("branch", "pickups", {"kind": "branch", "asked": asked},
                asking(load, "op-assign", "branch", "adjust", name, "--capacity", str(capacity)))


def collect(load, choice):
    name = pick(load.located, choice)
    if name is None:
        return None
    if choice.again or choice.action < 0.4:  # it may not have been assigned yet
        load.located.append(name)
    return Wish("collect", "pickups", {"kind": "collect", "asked": {"reservationId": name}},
                asking(load, "op-assign", "collect", name))


# ---- the waiting list ------------------------------------------------------------------------------------------------


def wait(load, choice):
    asked = {"musicalId": load.scarce or SOLD_OUT[int(choice.pick * len(SOLD_OUT))], "seats": (choice.seats + 1) // 2,
             "customerId": choice.customer, "id": "w" + load.name()}
    load.waits[asked["id"]] = asked
    customer = ["--customer", asked["customerId"]] if asked["customerId"] else []
    return Wish("wait", "waiting", {"kind": "wait", "asked": asked},
                asking(load, "op-reserve", "wait", "--musical", asked["musicalId"], "--seats", str(asked["seats"]), "--id",
                       asked["id"], *customer))


def withdraw(load, choice):
    name = (pick(load.offers, choice) if choice.action < 0.5 else None) or pick(list(load.waits), choice)
    if name is None:
        return None
    return Wish("withdraw", "waiting", {"kind": "withdraw", "asked": {"id": name}},
                asking(load, "op-reserve", "wait", "withdraw", name))


def acceptance(load, choice):
    """The placement that accepts an offer, the newest rather than an old one, or tries to: for check_sales.py."""
    name = pick(load.offers, choice, newest=True) or pick(list(load.waits), choice)
    if name is None:
        return None
    if choice.again:
        load.offers.append(name)  # twice
    entry = load.waits[name]
    return {"musicalId": entry["musicalId"], "seats": entry["seats"], "customerId": entry["customerId"],
            "offerId": name, "id": load.name(), "requestId": load.name() if choice.part < 0.6 else None}
