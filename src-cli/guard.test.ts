import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { closedGuard, noGuard } from '../src-client/testing/guards.ts';
import { problem } from '../src-shared/problem.ts';
import { exitCodes } from './context/exit-codes.ts';
import { makeProfile, runScripted } from './testing/run-scripted.ts';
import { createScriptedCore } from './testing/scripted-core.ts';

let profile: ReturnType<typeof makeProfile>;
let core: ReturnType<typeof createScriptedCore>;
beforeEach(() => {
  profile = makeProfile();
  core = createScriptedCore({ isSignedIn: false, isGated: true });
});
afterEach(() => profile.remove());

async function run(...argv: string[]) {
  const scripted = runScripted(core, profile.dir, argv);
  const code = await scripted.exitCode;
  return {
    code,
    out: scripted.out(),
    err: scripted.err(),
    events: argv.includes('--json') ? scripted.events() : [],
  };
}

test('says what is held back and why, without a session, and what opens a sign-in page', async () => {
  core.change({ guard: closedGuard() });
  const { code, out } = await run('guard');
  expect(code).toBe(exitCodes.done.code);
  expect(out).toMatch(
    /Your team's networks are closed until you confirm \(since .*\): your team asks for it\./,
  );
  expect(out).toContain("'postern guard portal' opens it for 5 min.");
  expect(out).toMatch(/ends by itself at .* if the server is not reached/);
  expect(core.calls).toEqual(['guard', 'stop']);
});

test.each(['off', 'gate', 'always'])('asks for %s', async (mode) => {
  core.change({ guard: noGuard });
  const { code, events } = await run('guard', mode, '--json');
  expect(code).toBe(0);
  expect(core.calls).toEqual([`chooseGuard ${mode}`, 'stop']);
  expect(events[0]).toMatchObject({ event: 'guard', guard: { own: mode } });
});

test('opens the sign-in page, and says until when', async () => {
  core.change({ guard: closedGuard() });
  expect((await run('guard', 'portal')).out).toContain('The sign-in page of this network is open until');
});

describe('a server that is not reached', () => {
  const away = problem('server-unreachable', 'No connection to vpn.example.');
  const commands = [['connect'], ['sign-in', '--server', 'https://vpn.example']];
  function unreached(argv: string[], refusal = away) {
    core = createScriptedCore({ isSignedIn: argv[0] === 'connect', isGated: false });
    core.connect = async () => ({ ok: false, problem: refusal });
    core.serverInfo = async () => ({ ok: false, problem: refusal });
  }

  test.each(commands)(
    '%s names what opens the page of the network while traffic is held back',
    async (...argv) => {
      unreached(argv);
      core.change({ guard: closedGuard() });
      const { code, err } = await run(...argv);
      expect(code).toBe(exitCodes.server.code);
      expect(err).toMatch(
        /^No connection to vpn\.example\.\nCheck your network.*'postern guard portal' opens it/,
      );
      expect(err).not.toContain('browser');
      const { events } = await run(...argv, '--json');
      expect(events).toContainEqual(
        expect.objectContaining({
          event: 'error',
          nextStep: expect.stringContaining("'postern guard portal'"),
        }),
      );
    },
  );

  test.each(commands)(
    '%s says that the network may want a sign-in where nothing is held back',
    async (...argv) => {
      unreached(argv);
      for (const guard of [null, noGuard, closedGuard({ holds: 'nothing' })]) {
        core.change({ guard });
        const { err } = await run(...argv);
        expect(err).toMatch(/Check your network.*sign-in first.*browser/);
        expect(err).not.toContain('guard portal');
      }
    },
  );

  test.each(commands)(
    '%s names neither where the team allows no page, or a proxy is why',
    async (...argv) => {
      unreached(argv);
      core.change({ guard: closedGuard({ portalMinutes: 0 }) });
      expect((await run(...argv)).err).toMatch(/\nCheck your network and the address of the server\.\n$/);
      unreached(argv, { ...away, proxy: 'http://proxy.example:3128' });
      core.change({ guard: closedGuard() });
      expect((await run(...argv)).err).toBe('No connection to vpn.example.\n');
    },
  );
});

test('tells who may release it where the team does not let a user', async () => {
  core.change({ guard: closedGuard() });
  core.refuseNext(problem('release-refused'));
  const { code, err } = await run('guard', 'release');
  expect(code).toBe(exitCodes.guard.code);
  expect(err).toContain('sudo postern-helper release');
});

test('a helper that cannot hold anything back is no failure of the user', async () => {
  const { code, err } = await run('guard', 'gate');
  expect(code).toBe(exitCodes.failed.code);
  expect(err).toContain('cannot hold anything back');
});

test('status tells what is held back, that blocking failed, and that it stays so while the helper is away', async () => {
  core.change({ guard: closedGuard({ mode: 'always', holds: 'all', source: 'user', own: 'always' }) });
  expect((await run('status')).out).toMatch(
    /Guard +Only Postern can reach the network \(since .*\): you asked for it\./,
  );
  const json = await run('status', '--json');
  expect(json.events[0]).toMatchObject({ event: 'status', guard: { holds: 'all', own: 'always' } });
  core.change({ guard: closedGuard({ failed: problem('guard-failed', 'nft:\u001b[2J no table.') }) });
  const failed = await run('status');
  expect(failed.out).toContain('Blocking failed, traffic may be leaking: nft: no table.');
  expect(failed.out).toContain('systemctl restart');
  core.change({ guard: null, tunnel: null });
  const away = await run('status');
  expect(away.out).toMatch(/^Guard +What was held back before stays held back/m);
  expect(away.out).toContain('helper');
});

test('a running connect tells when something is held back, once', async () => {
  core = createScriptedCore({ isSignedIn: true, isGated: true });
  core.change({ guard: closedGuard() });
  const running = runScripted(core, profile.dir, ['connect']);
  await running.sees('networks are closed until you confirm');
  core.change({ guard: closedGuard({ portalUntil: '2026-11-21T12:08:00.000Z' }) });
  await running.sees('is open until');
  running.type('cancel');
  await running.exitCode;
  expect(running.out().match(/are closed until/g)).toHaveLength(1);
});

test('says when the sign-in page can be opened again, once it was', async () => {
  const start = Date.now();
  const at = (minutesAgo: number) => new Date(start - minutesAgo * 60_000).toISOString();
  const opened = (...minutesAgo: number[]) => {
    const guardEvents = minutesAgo.map((ago) => ({ at: at(ago), kind: 'portal-opened' as const }));
    const tunnel = { phase: 'down' as const, lastHandshakeAt: null, rxBytes: 0, txBytes: 0, guardEvents };
    core.change({ guard: closedGuard(), tunnel });
    return Promise.all([run('guard'), run('status')]);
  };
  for (const { out } of await opened(20)) {
    expect(out).toMatch(/was opened at .*\d\d:\d\d\. It is opened once for each network/);
    expect(out).not.toContain('opens it for 5 min');
  }
  for (const { out } of await opened(50, 40, 30)) {
    const next = new Date(start + 10 * 60_000).getMinutes().toString().padStart(2, '0');
    expect(out).toMatch(new RegExp(`3 times in the last hour: the next is possible at .*:${next}`));
  }
  for (const { out } of await opened(25 * 60)) expect(out).toContain('opens it for 5 min');
});

test('says that the rule comes back when it was released', async () => {
  core.change({ guard: closedGuard({ mayRelease: true }) });
  const { code, out } = await run('guard', 'release');
  expect(code).toBe(0);
  expect(out).toContain('With the next connection, what your team asks for is back.');
  expect((await run('guard')).out).not.toContain('With the next connection');
});
