import { nextCode, readAuthenticator } from '../../lab/stack/authenticator.ts';
import { endSession } from '../../lab/stack/integration-call.ts';
import { roam, routedPlan } from '../../lab/stack/net-controls.ts';
import type { RunningStack } from '../../lab/stack/start-stack.ts';
import {
  type ClientProcess,
  gateReason,
  isPhase,
  isPrompt,
  proofOutcome,
  type Seen,
  startClient,
} from './client-process.ts';
import { expectThat, type Narrator } from './narrator.ts';
import { fetchPage, gatewayPeers, hasHandshake, leaksSeen } from './observe.ts';

const REASON = 'Sign-in from a new country';
const INCIDENT = 'INC-1042';

/** Plays the whole story on a running stack with real client processes. Rejects at the first step that does not hold. */
export async function playStory(stack: RunningStack, tell: Narrator): Promise<void> {
  const [member] = stack.file.members;
  expectThat(member !== undefined, 'the stack has a member', stack.file.members.length);
  const { shell } = stack.laptop;
  const clients: ClientProcess[] = [];
  const client = (...args: string[]): ClientProcess => {
    const started = startClient(shell, args);
    clients.push(started);
    return started;
  };
  const waited = (leftMs: number) =>
    tell.note(`waiting ${Math.ceil(leftMs / 1000)} s for the next code of the authenticator`);

  try {
    tell.chapter('Sign in with password and one-time password');
    const firstCode = await freshCode(member.totpSecret, waited);
    const signIn = client('sign-in', '--email', member.email);
    await signIn.waitFor('it asked for the password', isPrompt('password'));
    const signInAt = performance.now();
    signIn.type(member.password);
    await signIn.waitFor('it asked for a code', isPrompt('sign-in'));
    signIn.type(firstCode);
    const signInEnd = await signIn.ended;
    expectThat(signInEnd === 0, 'the client signs in', { code: signInEnd, seen: signIn.seen.slice(-2) });
    const signInMs = performance.now() - signInAt;
    tell.held(`${member.email} is signed in (code ${firstCode})`, signInMs);
    tell.figure('password entered -> signed in', signInMs);

    tell.chapter('Connect');
    const before = await fetchPage(stack);
    expectThat(!before.loads, 'the page behind the gateway does not load without a tunnel', before);
    tell.held(`without a tunnel the page does not load (${before.why})`);
    if (stack.plan.routed) await expectLeaks(stack, tell);
    const first = client('connect');
    const asking = await first.waitFor('it was connecting', (event) =>
      ['connecting', 'connected', 'gate'].some((phase) => isPhase(phase)(event)),
    );
    let usedCode = firstCode;
    const up = await first.waitFor(
      'it was connected or asked',
      (event) => isPhase('connected')(event) || isPrompt('gate')(event),
    );
    if (isPrompt('gate')(up.event)) {
      // The code of the sign-in counts for 60 s only; on a slow machine it has run out by now.
      usedCode = await nextCode(member.totpSecret, usedCode, waited);
      first.type(usedCode);
    }
    const connected = await first.waitFor('it was connected', isPhase('connected'));
    tell.held('connected: bytes came back through the tunnel', connected.at - asking.at);
    tell.figure('connect -> connected', connected.at - asking.at);
    expectThat(
      await hasHandshake(stack),
      '`wg show` on the gateway shows a handshake',
      await gatewayPeers(stack),
    );
    const peers = await gatewayPeers(stack);
    expectThat(peers.length === 1, '`wg show` on the gateway lists one peer', peers);
    tell.held(`the gateway lists the peer ${peers[0]} with a handshake`);
    await expectPage(stack, tell);

    tell.chapter('The security team ends the session');
    const order = { memberId: member.id, reason: REASON, incidentId: INCIDENT };
    const mark = first.seen.length;
    const orderedAt = performance.now();
    const ended = await endSession(stack.file, order);
    const answeredAt = performance.now();
    const peersAfter = await gatewayPeers(stack);
    expectThat(ended.status === 200 && ended.answer.enforced, 'the call answers 200, enforced', ended);
    expectThat(ended.answer.ended_connections === 1, 'one connection was ended', ended.answer);
    tell.held(`200: ${JSON.stringify(ended.answer)}`, answeredAt - orderedAt);
    tell.figure('disconnect call -> 200 to the caller (with a new TLS connection)', answeredAt - orderedAt);
    expectThat(
      peersAfter.length === 0,
      '`wg show` on the gateway lists no peer when the call answers',
      peersAfter,
    );
    tell.held('`wg show` on the gateway lists no peer any more');
    await expectNoPage(stack, tell);

    tell.chapter('The client tells the user at once, and why');
    const gate = await first.waitFor('it showed the gate', isPhase('gate'), mark);
    const reason = gateReason(gate.event);
    expectThat(
      reason?.message === REASON && reason.incidentId === INCIDENT,
      'the gate shows the reason of the call',
      gate.event,
    );
    tell.held(`the gate is shown: "${reason.message}" (${reason.incidentId})`, gate.at - orderedAt);
    tell.figure('disconnect call -> client shows the gate', gate.at - orderedAt);
    if (stack.plan.routed) await expectNoLeak(stack, tell);

    tell.chapter('There is no way back without a fresh proof');
    await first.waitFor('it asked for a code', isPrompt('gate'), mark);
    const replayed = await submit(first, usedCode);
    expectThat(
      replayed.outcome.problem?.code === 'code-already-used',
      `the code ${usedCode}, used before, is refused as used`,
      replayed.outcome,
    );
    tell.held(`code ${usedCode} again: ${replayed.outcome.problem.detail}`, replayed.tookMs);
    first.kill('SIGTERM');
    await first.ended;
    const mute = client('connect');
    mute.endInput();
    const muteEnd = await mute.ended;
    const muteConnected = mute.seen.some(({ event }) => isPhase('connected')(event));
    expectThat(
      muteEnd !== 0 && !muteConnected && mute.seen.some(({ event }) => isPrompt('gate')(event)),
      'a new client without a proof is asked for one and does not get in',
      { code: muteEnd, seen: mute.seen.slice(-3) },
    );
    expectThat(
      (await gatewayPeers(stack)).length === 0,
      'the gateway has no peer',
      await gatewayPeers(stack),
    );
    tell.held(`a new client without a proof is turned away (exit code ${muteEnd}), the gateway has no peer`);
    await expectNoPage(stack, tell);

    tell.chapter('The next code gets in');
    const second = client('connect');
    await second.waitFor('it asked for a code', isPrompt('gate'));
    const fresh = await nextCode(member.totpSecret, usedCode, waited);
    const accepted = await submit(second, fresh);
    expectThat(accepted.outcome.ok, `the code ${fresh} is accepted`, accepted.outcome);
    const back = await second.waitFor('it was connected', isPhase('connected'));
    tell.held(`code ${fresh} is accepted and the tunnel is up`, back.at - accepted.typedAt);
    tell.figure('code entered -> connected', back.at - accepted.typedAt);
    const peersBack = await gatewayPeers(stack);
    expectThat(peersBack.length === 1 && peersBack[0] !== peers[0], 'the gateway has a new peer', peersBack);
    tell.held('the gateway lists a peer with a new key');
    await expectPage(stack, tell);
    if (stack.plan.routed) await moveToCafe(stack, second, tell);
    second.kill('SIGTERM');
    const secondEnd = await second.ended;
    expectThat(secondEnd === 0, 'the client disconnects when it is asked to', secondEnd);
    expectThat(
      (await gatewayPeers(stack)).length === 0,
      'the peer is gone afterwards',
      await gatewayPeers(stack),
    );
    tell.held('asked to stop, the client disconnects, and the gateway lists no peer');

    tell.chapter('The times');
    tell.summary();
  } finally {
    for (const started of clients) started.kill('SIGKILL');
  }
}

/** Before the first connection nothing is held back: the proof that the next count could have been another. */
async function expectLeaks(stack: RunningStack, tell: Narrator): Promise<void> {
  const { sent, seen } = await leaksSeen(routedPlan(stack.file));
  expectThat(seen === sent, 'the router sees what the laptop sends', { sent, seen });
  tell.held(`nothing is held back yet: of ${sent} datagrams to the internet the router sees ${seen}`);
}

/** Everything is for the tunnel, and there is none. */
async function expectNoLeak(stack: RunningStack, tell: Narrator): Promise<void> {
  const { sent, seen } = await leaksSeen(routedPlan(stack.file));
  expectThat(seen === 0, 'the router sees nothing of what is for the tunnel', { sent, seen });
  tell.held(`while the gate waits it goes nowhere else: of ${sent} datagrams the router sees ${seen}`);
}

/** From the home network to another one: another router, other addresses, the same connection. */
async function moveToCafe(stack: RunningStack, client: ClientProcess, tell: Narrator): Promise<void> {
  tell.chapter('On to another network, without a code');
  const peers = await gatewayPeers(stack);
  const mark = client.seen.length;
  const movedAt = performance.now();
  await roam(routedPlan(stack.file), 'cafe');
  const noticed = await client.waitFor('it noticed', isPhase('reconnecting'), mark);
  const from = client.seen.indexOf(noticed);
  const there = await client.waitFor('it was connected', isPhase('connected'), from);
  const seen = client.seen.slice(mark);
  expectThat(!seen.some(({ event }) => isPrompt()(event)), 'no code is asked for', seen);
  expectThat(
    peers.join() === (await gatewayPeers(stack)).join(),
    'the gateway has the same peer',
    await gatewayPeers(stack),
  );
  tell.held('the laptop is behind another router, and connected with the same peer', there.at - movedAt);
  tell.figure('other network -> connected again', there.at - movedAt);
  await expectPage(stack, tell);
}

/** A code that still has a few seconds to live, so that the story does not stumble over the end of its step. */
async function freshCode(secret: string, onWait: (leftMs: number) => void): Promise<string> {
  const { code, leftMs } = readAuthenticator(secret, Date.now());
  return leftMs > 6000 ? code : nextCode(secret, code, onWait);
}

async function expectPage(stack: RunningStack, tell: Narrator): Promise<void> {
  const page = await fetchPage(stack);
  expectThat(page.loads, 'the page behind the gateway loads through the tunnel', page);
  tell.held(`the page behind the gateway loads: "${page.title}"`, page.tookMs);
}

async function expectNoPage(stack: RunningStack, tell: Narrator): Promise<void> {
  const page = await fetchPage(stack);
  expectThat(!page.loads, 'the page behind the gateway does not load', page);
  tell.held(`the page no longer loads (${page.why})`);
}

/** Types a code and waits for the server's word on it. */
async function submit(client: ClientProcess, code: string) {
  const mark = client.seen.length;
  const typedAt = performance.now();
  client.type(code);
  const seen: Seen = await client.waitFor(
    'the code was judged',
    (event) => proofOutcome(event) !== null,
    mark,
  );
  const outcome = proofOutcome(seen.event);
  expectThat(outcome !== null, 'the code was judged', seen.event);
  return { outcome, typedAt, tookMs: seen.at - typedAt };
}
