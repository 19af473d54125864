import type { Logger } from 'pino';
import { createBackoff, sleep } from '../src-node/backoff.ts';
import { certificateReason, isCertificateFault } from '../src-node/certificate-fault.ts';
import type { WgDevice } from '../src-node/wireguard/device.ts';
import { closeCodes } from '../src-shared/client-channel.ts';
import type { FromGateway, ToGateway } from '../src-shared/gateway-channel.ts';
import { type ChannelEnd, runChannel } from './channel.ts';
import { ChannelReports, type ReportSources } from './channel-reports.ts';
import type { Clock } from './clock.ts';
import { Enforcer } from './enforcer.ts';
import { HandshakeAges } from './handshake-ages.ts';
import type { HostHealth } from './host-watch.ts';
import type { Passage } from './packet-filter.ts';
import { RevLedger, type RevOutcome } from './rev-ledger.ts';
import type { ServerAccess } from './server-access.ts';

/** A channel that lived this long starts the backoff over; a shorter one may have been refused at once. */
const SETTLED_AFTER_MS = 20_000;
/** While a gateway is away no disconnect is confirmed, and there are few of them: it asks more often than a client. */
const LONGEST_WAIT_MS = 5_000;
/** The way through is open for `failClosedAfterSeconds`, at least ten, from each of these on. */
const KEEP_OPEN_EVERY_MS = 5_000;
/** After `replaced`: another agent runs under the same token, and two must not push each other out in turns. */
const REPLACED_PAUSE_MS = 30_000;

export interface AgentOptions {
  /** Configured and up; the agent owns its peers until it returns. */
  device: WgDevice;
  /** Closed; open while the server has its say, and for as long after as peers stay. */
  passage: Passage;
  /** Looked at after each sync; a server that accepts it hears of what changes. */
  host: HostHealth;
  url: string;
  access: ServerAccess;
  hello: Extract<FromGateway, { type: 'hello' }>;
  failClosedAfterSeconds: number;
  clock: Clock;
  random: () => number;
  log: Logger;
  /** Ends the agent: the channel is closed and every peer removed. */
  signal: AbortSignal;
}

/**
 * Keeps a channel to the server, carries out its orders on the device, and lets no peer stay without a reason.
 * Returns once `signal` aborts and the peers are gone. The end of the device itself is the caller's to notice.
 */
export async function runAgent(options: AgentOptions): Promise<void> {
  const { device, clock, random, log, signal } = options;
  const enforcer = new Enforcer(device, options.failClosedAfterSeconds, clock, log);
  const { host } = options;
  const sources = { stats: () => enforcer.stats(), ages: new HandshakeAges(clock), host, log };
  const backoff = createBackoff({ random, maxMs: LONGEST_WAIT_MS });
  while (!signal.aborted) {
    const startedAt = clock.monotonicMs();
    const end = await serveChannels(options, enforcer, sources);
    if (end.isUnknown) {
      enforcer.dismissed();
      await options.passage
        .close()
        .catch((error: unknown) => log.error({ err: error }, 'the filter stays open'));
    } else enforcer.serverLost();
    if (signal.aborted) break;
    if (clock.monotonicMs() - startedAt > SETTLED_AFTER_MS) backoff.reset();
    const delayMs = end.code === closeCodes.replaced ? REPLACED_PAUSE_MS : backoff.nextDelayMs();
    const reason = await reasonOf(end, options.url, clock);
    log.warn({ code: end.code, reason, delayMs }, 'channel to the server is down');
    await sleep(delayMs, signal);
  }
  await enforcer.stop();
}

/** In words that say what to do, where it is the server's certificate. */
async function reasonOf({ reason, errorCode }: ChannelEnd, url: string, clock: Clock): Promise<string> {
  if (errorCode === null || !isCertificateFault(errorCode)) return reason;
  return certificateReason(errorCode, url.replace(/^ws/, 'http'), clock.wallMs());
}

/** One channel, and those that take its place under a new token without a gap. */
async function serveChannels(
  options: AgentOptions,
  enforcer: Enforcer,
  sources: ReportSources,
): Promise<ChannelEnd> {
  const open = () => serveOneChannel(options, enforcer, sources);
  const { access } = options;
  let { token } = access;
  let current = open();
  try {
    for (;;) {
      const renewed = Promise.withResolvers<'renewed'>();
      access.onNewToken = () => renewed.resolve('renewed');
      // It came while another one was tried.
      if (access.token !== token) renewed.resolve('renewed');
      const end = await Promise.race([current, renewed.promise]);
      if (end !== 'renewed') return refusedAlone(end, token, options);
      const tried = access.token;
      const next = open();
      // The server ends the old channel as soon as it has taken the new one.
      const first = await Promise.race([current.then(() => 'old'), next.then(() => 'new')]);
      if (first === 'old') {
        token = tried;
        current = next;
      } else if (options.signal.aborted) return current;
      else {
        const { reason } = await next;
        options.log.error({ reason }, 'the new token opens no channel: the old one stays in use');
        if (access.token === tried) access.token = token;
      }
    }
  } finally {
    delete access.onNewToken;
  }
}

/**
 * The end of a channel that came with `token`. That the server refuses a token says nothing of the gateway while there is
 * another one to come with: one that was set since, or the one that it has taken before.
 */
function refusedAlone(end: ChannelEnd, token: string, { access, log }: AgentOptions): ChannelEnd {
  if (!end.isUnknown) return end;
  const { acceptedToken } = access;
  if (access.token === token) {
    if (acceptedToken === undefined || acceptedToken === token) return end;
    log.error({ reason: end.reason }, 'the new token opens no channel: the old one is in use again');
    access.token = acceptedToken;
  }
  return { ...end, isUnknown: false };
}

async function serveOneChannel(options: AgentOptions, enforcer: Enforcer, sources: ReportSources) {
  const { url, access, hello, log, signal } = options;
  const { token, ca } = access;
  const ledger = new RevLedger();
  const reports = new ChannelReports(sources);
  let opening: NodeJS.Timeout | null = null;
  let isOver = false;
  const keepOpen = () =>
    options.passage
      .keepOpen()
      .catch((error: unknown) =>
        log.error({ err: error }, 'the filter cannot be renewed: it closes by itself'),
      );
  let opened: Promise<RevOutcome> = Promise.resolve({ type: 'done' });
  const carryOut = async (order: Exclude<ToGateway, { type: 'ping' }>): Promise<RevOutcome> => {
    // At once, in the sequence in which they came; what is confirmed has its way through, too.
    const carriedOut =
      order.type === 'remove'
        ? enforcer.remove(order.peers)
        : order.type === 'add'
          ? enforcer.add(order.peer)
          : enforcer.sync(order.peers);
    if (order.type === 'sync') opened = open(options, order);
    const [outcome, passage] = await Promise.all([carriedOut, opened]);
    if (order.type === 'remove' || outcome.type === 'failed' || passage.type === 'done') return outcome;
    // Where nothing says what they may reach, nobody is let in.
    await enforcer.sync([]);
    return passage;
  };
  const end = await runChannel({
    url,
    token,
    ca,
    hello,
    log,
    signal,
    onOrder: (order, channel) => {
      const verdict = ledger.judge(order.type, order.rev);
      if (verdict.action === 'refuse') {
        log.error({ rev: order.rev, type: order.type, error: verdict.error }, 'order refused');
        channel.send({ type: 'failed', rev: order.rev, error: verdict.error });
        return;
      }
      if (verdict.action === 'repeat') {
        if (verdict.outcome) channel.send({ ...verdict.outcome, rev: order.rev });
        return;
      }
      access.acceptedToken = token;
      if (order.type === 'sync') reports.accept(order.accepts ?? [], channel);
      const arrivedAt = options.clock.monotonicMs();
      void carryOut(order).then((outcome) => {
        const tookMs = options.clock.monotonicMs() - arrivedAt;
        ledger.settle(order.rev, outcome);
        channel.send({ ...outcome, rev: order.rev });
        if (outcome.type === 'failed') {
          log.error({ rev: order.rev, type: order.type, error: outcome.error }, 'order failed');
          // A peer may still be there that must not be: start over from a sync, which looks at the device itself.
          if (order.type === 'remove') channel.close(closeCodes.internalError, 'a removal failed');
          return;
        }
        log.debug({ rev: order.rev, type: order.type, tookMs }, 'order carried out');
        // A sync may be done only after its channel is gone: then it is not this server that keeps the way open.
        if (order.type !== 'sync' || isOver) return;
        channel.markLive();
        log.info({ peers: order.peers.length, rev: order.rev }, 'in sync with the server');
        opening ??= setInterval(() => void keepOpen(), KEEP_OPEN_EVERY_MS);
        reports.synced();
      });
    },
  });
  isOver = true;
  reports.stop();
  if (opening) {
    clearInterval(opening);
    // As long as peers stay, and no longer.
    if (!end.isUnknown && !signal.aborted) void keepOpen();
  }
  return end;
}

/** Without its alternate ports a gateway has its own one all the same. */
function open(
  { passage, log }: AgentOptions,
  { networks, alternatePorts = [], addresses = [] }: Extract<ToGateway, { type: 'sync' }>,
): Promise<RevOutcome> {
  return passage
    .serve(addresses)
    .then(() => passage.allow(networks))
    .then(() => passage.keepOpen())
    .then(() => passage.leadFrom(alternatePorts).catch(noPorts))
    .then(
      () => ({ type: 'done' }),
      (error: Error) => ({ type: 'failed', error: error.message.slice(0, 500) }),
    );

  function noPorts(error: unknown): void {
    log.error({ err: error, alternatePorts }, 'the alternate ports lead nowhere');
  }
}
