// A social team's system in JavaScript with only the npm @nats-io client: what comes is heard live,
// what was missed is asked for. Keep the cursor with your data. Ends when it has heard `UNTIL` things.
//
//   NATS=nats://wederdienst.example:4222 REGION=voorbeeld TEAM=west PASSWORD=… UNTIL=3 node hear_back.mjs
import { connect } from "@nats-io/transport-node";

const { NATS, REGION, TEAM, PASSWORD, UNTIL, CURSOR = "0", EVERY_MS = "60000" } = process.env;
const user = `team-${TEAM}`;
const nc = await connect({
  servers: NATS, user, pass: PASSWORD, inboxPrefix: `_INBOX.${user}`, maxReconnectAttempts: -1,
});
const subject = `wd.ref.${REGION}.${TEAM}`;

let cursor = Number(CURSOR);
let heard = 0;

function take(event) {
  if (event.feedturn <= cursor) return; // heard before
  cursor = event.feedturn;
  heard += 1;
  console.log(event.type, event.subject, event.data.status);
  if (heard >= Number(UNTIL)) live.unsubscribe();
}

// Whether everything up to now was heard; without an answer it is asked again later.
async function catchUp() {
  try {
    for (;;) {
      const reply = await nc.request(`${subject}.ask`, JSON.stringify({ after: cursor }), { timeout: 5000 });
      const { view } = reply.json();
      if (!view) return false;
      view.events.forEach(take);
      if (!view.more) return true;
    }
  } catch {
    return false;
  }
}

// After every reconnecting, and by the clock: nobody announces that the last one was missed.
async function catchUpWhenBack() {
  for await (const status of nc.status()) if (status.type === "reconnect") await catchUp();
}

// First listen, then catch up: nothing falls in between.
const live = nc.subscribe(`${subject}.out.FeedbackGiven`);
await nc.flush();
catchUpWhenBack();
const clock = setInterval(catchUp, Number(EVERY_MS));
await catchUp();
console.log("listening");
for await (const message of live) {
  const event = message.json();
  // A gap: something was missed, or may no longer be heard. Asking tells; till then this one waits too.
  if (event.feedturn <= cursor + 1 || (await catchUp())) take(event);
}
clearInterval(clock);
console.log("cursor", cursor);
await nc.drain();
