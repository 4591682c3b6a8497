"""commands - the benches of the commands, gathered: placing, and what follows from it."""

import commands_assign
import commands_model
import commands_place

BENCHES = {**commands_place.BENCHES, **commands_model.BENCHES, **commands_assign.BENCHES}
