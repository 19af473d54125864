import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import * as z from 'zod';
import type { ClientCore } from '../src-client/core.ts';
import { connectRequest } from '../src-shared/client-api.ts';
import type { Bench, BenchMember } from './bench.ts';
import { kick, PACE_US, toMs } from './laptop.ts';
import { nowNs } from './probe.ts';
import { must, pause, reaches, withSignedInClient } from './signed-in-client.ts';

const PIN = '739155';
const VARIANT = 'PIN';

/** One member sets a PIN and comes in with it twice: from the start, and after being thrown out. */
export async function pinClient(bench: Bench, member: BenchMember): Promise<void> {
  const { stack, sender } = bench;
  await withSignedInClient(stack, member, async (core, codes) => {
    must(await core.setPin(PIN, { method: 'totp', code: codes.current }));
    sender.setInterval(PACE_US);
    must(await core.connect('cli', stack.gateways[0]?.id));
    await enterPin(bench, core);
    const asked = reaches(core, 'gate');
    const answered = kick(bench, member);
    await asked;
    await answered;
    await enterPin(bench, core);
  });
}

/** Measures from the moment at which the interface hands over the PIN. */
async function enterPin({ sender, samples }: Bench, core: ClientCore): Promise<void> {
  await pause(300);
  const { connection } = core.snapshot();
  if (connection.phase !== 'gate') throw new Error(`expected the gate, got ${connection.phase}`);
  const sent = proofSent();
  try {
    const start = nowNs();
    const echo = sender.first(start);
    must(await core.submitProof([{ method: 'pin', pin: PIN }]));
    if (sent.at === null) throw new Error('no proof was sent');
    samples.add(VARIANT, 'e PIN entered -> proof sent', toMs(sent.at - start));
    samples.add(VARIANT, 'e PIN entered -> first echo', toMs((await echo) - start));
  } finally {
    sent.stop();
  }
  await pause(200);
}

/** undici's word on a body that it has just written to the socket. */
const BODY_SENT = 'undici:request:bodyChunkSent';
const bodySent = z.object({
  request: z.object({ method: z.string(), path: z.string() }),
  chunk: z.instanceof(Uint8Array),
});

/** When a request for a lease that carries proofs was written. */
function proofSent(): { readonly at: number | null; stop(): void } {
  let at: number | null = null;
  const look = (message: unknown): void => {
    const now = nowNs();
    const { request, chunk } = bodySent.parse(message);
    if (request.method !== 'POST' || request.path !== '/client/v1/connections') return;
    const { proofs } = connectRequest.parse(JSON.parse(Buffer.from(chunk).toString('utf8')));
    if (proofs?.some(({ method }) => method === 'pin')) at ??= now;
  };
  subscribe(BODY_SENT, look);
  return {
    get at() {
      return at;
    },
    stop: () => {
      unsubscribe(BODY_SENT, look);
    },
  };
}
