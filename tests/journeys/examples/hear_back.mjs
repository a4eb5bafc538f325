// A social team's system in JavaScript with only the npm @nats-io client: what comes is heard live,
// what was missed is asked for. Remembers the cursor; ends when it has heard `UNTIL` things.
//
//   NATS=nats://wederdienst.example:4222 REGION=voorbeeld TEAM=west PASSWORD=… UNTIL=3 node hear_back.mjs
import { connect } from "@nats-io/transport-node";

const { NATS, REGION, TEAM, PASSWORD, UNTIL, CURSOR = "0" } = process.env;
const user = `team-${TEAM}`;
const nc = await connect({ servers: NATS, user, pass: PASSWORD, inboxPrefix: `_INBOX.${user}` });
const subject = `wd.ref.${REGION}.${TEAM}`;

let cursor = Number(CURSOR);
let heard = 0;

function take(event) {
  if (event.feedturn <= cursor) return; // heard before
  cursor = event.feedturn;
  heard += 1;
  console.log(event.type, event.subject, event.data.status);
}

async function catchUp() {
  for (;;) {
    const reply = await nc.request(`${subject}.ask`, JSON.stringify({ after: cursor }), { timeout: 5000 });
    const { view } = reply.json();
    view.events.forEach(take);
    if (!view.more) return;
  }
}

// First listen, then catch up: nothing falls in between.
const live = nc.subscribe(`${subject}.out.FeedbackGiven`);
await nc.flush();
await catchUp();
console.log("listening");
if (heard < Number(UNTIL)) {
  for await (const message of live) {
    const event = message.json();
    // A gap: something was missed, or may no longer be heard. Asking tells.
    if (event.feedturn > cursor + 1) await catchUp();
    take(event);
    if (heard >= Number(UNTIL)) break;
  }
}
console.log("cursor", cursor);
await nc.drain();
