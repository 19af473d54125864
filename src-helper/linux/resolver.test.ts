import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ProgramRequest } from '../../src-node/run-program.ts';
import type { Isolation } from './isolation.ts';
import { Resolver } from './resolver.ts';

/** systemd-resolved as far as the edge: its socket is real, its command line tool is written down. */
let directory: string;
let socket: string;
let server: Server;
let ran: string[];
let onDisk: unknown;
let fails: boolean;
let resolvconfIs: string | null;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'postern-resolver-'));
  socket = join(directory, 'io.systemd.Resolve');
  server = createServer((peer) => peer.destroy());
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  ran = [];
  onDisk = null;
  fails = false;
  resolvconfIs = null;
  write('resolv.conf', 'nameserver 127.0.0.53\n');
});
afterEach(() => {
  server.close();
  rmSync(directory, { recursive: true });
});

const write = (name: string, text: string) => writeFileSync(join(directory, name), text);

const machine: Isolation = { hasOwnNetwork: false, hasOwnResolvConf: false };
const resolver = (isolation = machine, programs = ['resolvectl', 'resolvconf']) =>
  new Resolver({
    interfaceName: 'postern0',
    isolation,
    resolvedSocket: socket,
    files: { resolvConf: join(directory, 'resolv.conf'), nsswitch: join(directory, 'nsswitch.conf') },
    realPath: (path) => (resolvconfIs && path.endsWith('resolvconf') ? resolvconfIs : path),
    find: (name) => (programs.includes(name) ? `/usr/bin/${name}` : null),
    run: async ({ path, args, stdin }: ProgramRequest) => {
      ran.push([path, ...args, ...(stdin ? [JSON.stringify(stdin)] : [])].join(' '));
      return fails
        ? { ok: false, kind: 'failed', exitCode: 1, stdout: '', stderr: '', message: 'it fails' }
        : { ok: true, stdout: '', stderr: '' };
    },
    writeDns: async (dns) => {
      ran.push(`disk ${JSON.stringify(dns)}`);
      onDisk = dns;
    },
  });

it('prefers systemd-resolved, and writes down what it sets before it sets it', async () => {
  const dns = resolver();
  expect(await dns.set({ servers: ['10.0.0.53', 'fd00::53'] })).toBe('resolved');
  await dns.unset();
  expect(ran).toEqual([
    'disk {"manager":"resolved","interfaceName":"postern0"}',
    '/usr/bin/resolvectl dns postern0 10.0.0.53 fd00::53',
    '/usr/bin/resolvectl domain postern0 ~.',
    '/usr/bin/resolvectl default-route postern0 yes',
    '/usr/bin/resolvectl revert postern0',
    'disk null',
  ]);
});

it('takes resolvconf when systemd-resolved is installed and does not run', async () => {
  await new Promise((resolve) => server.close(resolve));
  const dns = resolver();
  expect(await dns.set({ servers: ['10.0.0.53'] })).toBe('resolvconf');
  expect(ran[1]).toBe('/usr/bin/resolvconf -a postern0 -m 0 -x "nameserver 10.0.0.53\\n"');
});

it.each([
  [
    'in a network of its own',
    { hasOwnNetwork: true, hasOwnResolvConf: false },
    ['resolvectl', 'resolvconf'],
    'unmanaged',
  ],
  [
    'in a container',
    { hasOwnNetwork: true, hasOwnResolvConf: true },
    ['resolvectl', 'resolvconf'],
    'resolvconf',
  ],
  ['with neither', machine, [], 'unmanaged'],
])('changes no resolver of another machine: %s', async (_, isolation, programs, expected) => {
  expect(await resolver(isolation, programs).set({ servers: ['10.0.0.53'] })).toBe(expected);
});

it('keeps the note of what is in force until taking it back has worked', async () => {
  const dns = resolver();
  await dns.set({ servers: ['10.0.0.53'] });
  fails = true;
  await expect(dns.unset()).rejects.toThrow('it fails');
  expect(onDisk).toEqual({ manager: 'resolved', interfaceName: 'postern0' });
  fails = false;
  await dns.unset();
  expect(onDisk).toBeNull();
});

it('tells resolvconf after a crash, and systemd-resolved nothing, which forgot with the link', async () => {
  await resolver().recover({ manager: 'resolved', interfaceName: 'postern0' });
  await resolver().recover({ manager: 'resolvconf', interfaceName: 'old0' });
  expect(ran).toEqual(['disk null', '/usr/bin/resolvconf -d old0 -f', 'disk null']);
});

const split = { servers: ['10.0.0.53'], domains: ['corp.example', 'lab.example'], search: ['corp.example'] };

it('asks for the names of some domains alone where systemd-resolved answers each name', async () => {
  expect(await resolver().set(split)).toBe('resolved');
  expect(ran.slice(1)).toEqual([
    '/usr/bin/resolvectl dns postern0 10.0.0.53',
    '/usr/bin/resolvectl domain postern0 ~corp.example ~lab.example corp.example',
    '/usr/bin/resolvectl default-route postern0 no',
  ]);
});

it('does nothing for some domains alone where one resolver has to answer for all, and takes back what is in force', async () => {
  const dns = resolver(machine, ['resolvconf']);
  expect(await dns.set(split)).toBe('unsplit');
  expect(ran).toEqual([]);
  expect(await dns.set({ servers: ['10.0.0.53'], search: ['corp.example'] })).toBe('resolvconf');
  expect(ran.at(-1)).toContain('"nameserver 10.0.0.53\\nsearch corp.example\\n"');
  expect(await dns.set(split)).toBe('unsplit');
  expect(onDisk).toBeNull();
});

it.each([
  ['its stub', 'nameserver 127.0.0.53\n', '', 'resolved'],
  ['its second stub', '# by hand\nnameserver 127.0.0.54\n', '', 'resolved'],
  ['its library', 'nameserver 192.0.2.53\n', 'hosts: files resolve [!UNAVAIL=return] dns\n', 'resolved'],
  ['nothing of it', 'nameserver 192.0.2.53\n', 'hosts: files dns\n', 'unmanaged'],
  ['nothing at all', null, null, 'unmanaged'],
])(
  'takes systemd-resolved, which runs, for what programs ask by %s',
  async (_, resolvConf, nsswitch, expected) => {
    rmSync(join(directory, 'resolv.conf'));
    if (resolvConf !== null) write('resolv.conf', resolvConf);
    if (nsswitch !== null) write('nsswitch.conf', nsswitch);
    resolvconfIs = '/usr/bin/resolvectl';
    expect(await resolver().set({ servers: ['10.0.0.53'] })).toBe(expected);
  },
);
