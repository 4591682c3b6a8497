"""Which events of a branch a customer is told about.

That none can take a reservation is told once, however often it is tried; that one has it, and that it was handed over, once
each. What was not sent when it was no news any more (a branch was found, the reservation was cancelled) need not be sent:
`superseded` holds these.
"""

STAGES = {"AssignmentFailed": 1, "PickupAssigned": 2, "PickupCollected": 3}
OVER = 4


class BranchNotices:
    def __init__(self):
        self.stage, self.last = {}, {}  # by reservation: how far it was told, and by which event
        self.superseded = set()

    def go_on(self, name, stage):
        """What was told last is no news any more, but that a branch has it stays true when it is handed over."""
        self.stage[name] = stage
        if stage != STAGES["PickupCollected"] and name in self.last:
            self.superseded.add(self.last[name])

    def tells(self, event):
        """Folds an event; is it one that the customer is told about?"""
        kind, data = event["type"], event["data"]
        name = data.get("reservationId")
        if kind == "ReservationCancelled" and data["remainingSeats"] == 0:
            self.go_on(name, OVER)
        if STAGES.get(kind, 0) <= self.stage.get(name, 0):
            return False
        self.go_on(name, STAGES[kind])
        self.last[name] = event["seq"]
        return True
