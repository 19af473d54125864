import type { LookupFunction } from 'node:net';
import type { Logger } from 'pino';
import type { ServerLink } from '../connection/server-link.ts';
import { type Channel, type ChannelEvents, createChannel } from '../control/channel.ts';
import type { Rest } from '../control/rest.ts';
import type { TlsTrust } from '../control/tls-trust.ts';
import type { GuardLink } from '../guard/guard-keeper.ts';
import type { LeaseKeyHandover } from './lease-key-handover.ts';
import type { OpenSession } from './sign-in.ts';

/** Everything that is open towards the server while a session lasts. The token is held here and in the keychain only. */
export interface SessionLink extends ServerLink, GuardLink {
  account: OpenSession['account'];
  channel: Channel;
  rest: Rest;
  token: string;
}

export interface SessionLinkOptions {
  session: OpenSession;
  rest: Rest;
  trust: TlsTrust;
  lookup: LookupFunction;
  lastSeq: number;
  random: () => number;
  monotonic: () => number;
  log: Logger;
  leaseKeys: LeaseKeyHandover;
  events: Omit<ChannelEvents, 'onLeaseKey'>;
}

export function createSessionLink(options: SessionLinkOptions): SessionLink {
  const { session, rest, trust, lookup, lastSeq, random, monotonic, log, leaseKeys, events } = options;
  const { account, token } = session;
  const { serverUrl } = account;
  const channel = createChannel({
    ...{ serverUrl, token, trust, lookup, lastSeq, random, monotonic, log },
    events: {
      ...events,
      onHello(hello) {
        events.onHello(hello);
        const isWanted = hello.accepts?.includes('lease-key') === true;
        leaseKeys.opened(isWanted ? (step) => channel.sendNow({ type: 'lease-key', step }) : null);
      },
      onLeaseKey: (word) => void leaseKeys.given(word),
    },
  });
  return {
    account,
    deviceId: account.deviceId,
    channel,
    rest,
    token,
    connect: (request) => rest.connect(request, token),
    me: () => rest.me(token),
    deleteConnection: (leaseId) => rest.deleteConnection(leaseId, token),
    warm: () => void rest.warm(),
    guard: () => rest.guard(token),
    sendGuardEvents: (events) => channel.sendNow({ type: 'guard', events }),
    sendGuardFailed: (code) => channel.sendGuardFailed(code),
    sendStatus: (phase, leaseId) => channel.sendStatus(phase, leaseId),
    restart() {
      rest.renewConnections();
      channel.restart();
    },
  };
}
