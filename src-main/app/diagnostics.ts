import type { AppSnapshot } from '../../src-shared/app-snapshot.ts';
import { redact } from './redact.ts';

export interface DiagnosticsInput {
  snapshot: AppSnapshot;
  /** Runtime and operating system, by name. */
  versions: Readonly<Record<string, string>>;
  logTail: readonly string[];
  /** How the app gets to lock before the computer sleeps. */
  sleepGuard: string;
  now: () => number;
}

/** What a user reads, saves and sends to support: the state of every part, redacted, with no address of the user. */
export function diagnosticsText({ snapshot, versions, logTail, sleepGuard, now }: DiagnosticsInput): string {
  const { app, connection, tunnel, policy } = snapshot;
  const facts: [string, string][] = [
    ['made', new Date(now()).toISOString()],
    ['app', `${app.name} ${app.version}, ${app.platform}, ${app.isPackaged ? 'installed' : 'from source'}`],
    ['window', app.host],
    ...Object.entries(versions),
    ['server', (snapshot.account ?? snapshot.lockedSession)?.serverUrl ?? 'not signed in'],
    ['connection', connectionLine(connection)],
    ['channel', snapshot.channel],
    ['keychain', snapshot.keychain],
    ['helper', tunnel ? `${tunnel.phase}, received ${tunnel.rxBytes}, sent ${tunnel.txBytes}` : 'no answer'],
    ['last handshake', tunnel?.lastHandshakeAt ?? 'none'],
    ['held back', guardLine(snapshot.guard)],
    ['name servers', tunnel?.dns ?? 'none'],
    ['overlap', overlapLine(snapshot.overlap)],
    [
      'gateways',
      snapshot.gateways
        .map(({ id, name, isOnline, trouble }) =>
          [name, isOnline ? 'on' : 'off', trouble, nearness(snapshot.roundTrips[id])]
            .filter(Boolean)
            .join(' '),
        )
        .join(', '),
    ],
    [
      'gate',
      policy ? `totp ${policy.totpPriorConnection}, unlock ${policy.unlockPriorConnection}` : 'unknown',
    ],
    ['unlock set up', unlockLine(snapshot.unlock.enrolled)],
    [
      'unlock ways',
      snapshot.unlock.providers
        .map(({ kind, method, obstacle }) => `${kind} (${method}) ${obstacle ?? 'ready'}`)
        .join(', ') || 'none',
    ],
    ['locked before sleep', sleepGuard],
    ['online', String(snapshot.isOnline)],
    ['clock against server', snapshot.clockOffsetMs === null ? 'unknown' : `${snapshot.clockOffsetMs} ms`],
    ['update', app.update],
  ];
  const width = Math.max(...facts.map(([name]) => name.length)) + 2;
  const activity = snapshot.activity
    .slice(0, 50)
    .map((entry) =>
      [entry.at, entry.kind, entry.source, entry.reason?.code, entry.problem?.code].filter(Boolean).join(' '),
    );
  const email = snapshot.account?.email;
  const text = [
    'Postern diagnostics',
    'Read this before you pass it on. Codes, keys, passwords and your e-mail address are not in it.',
    '',
    ...facts.map(([name, value]) => `${name.padEnd(width)}${redact(value)}`),
    '',
    'Activity, newest first',
    ...activity,
    '',
    'Log, newest last',
    ...logTail.map(redact),
    '',
  ].join('\n');
  return email ? text.replaceAll(email, '[e-mail]') : text;
}

const nearness = (ms: number | undefined) => (ms === undefined ? null : `${ms} ms`);

function overlapLine(overlap: AppSnapshot['overlap']): string {
  return overlap ? `${overlap.networks.join(', ')}: ${overlap.side}, choice ${overlap.choice}` : 'none';
}

function guardLine(guard: AppSnapshot['guard']): string {
  if (guard === null) return 'unknown';
  const { mode, holds, source, since, until, portalUntil, failed, own, portalMinutes, mayRelease } = guard;
  const facts = [
    `${holds}, mode ${mode} of ${source}, own ${own}`,
    ...(failed ? [`failed: ${failed.code} ${failed.detail}`] : []),
    ...(since === null ? [] : [`since ${since}`]),
    ...(until === null ? [] : [`until ${until}`]),
    portalUntil === null ? `portal ${portalMinutes} min` : `portal until ${portalUntil}`,
    ...(mayRelease ? ['may release'] : []),
  ];
  return facts.join(', ');
}

function unlockLine(enrolled: AppSnapshot['unlock']['enrolled']): string {
  if (enrolled === null) return 'unknown';
  return `pin ${enrolled.pin}, uv-hw ${enrolled.uvHw}, uv-soft ${enrolled.uvSoft}`;
}

function connectionLine(connection: AppSnapshot['connection']): string {
  switch (connection.phase) {
    case 'disconnected':
      return `disconnected ${connection.cause?.code ?? connection.reason?.code ?? ''}`.trim();
    case 'reconnecting':
      return `reconnecting, attempt ${connection.attempt}, ${connection.cause?.code ?? 'no cause'}`;
    case 'connected':
      return `connected since ${connection.since}, ${connection.health}`;
    default:
      return connection.phase;
  }
}
