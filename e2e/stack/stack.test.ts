import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { run, tryRun } from '../../lab/stack/run.ts';
import type { StackFile } from '../../src-shared/stack-file.ts';
import {
  answers,
  checkout,
  eventually,
  follow,
  inside,
  prefixOf,
  processesOf,
  type StackProcess,
  startStackProcess,
  traces,
} from './stack-process.ts';

let base: string;
const started: StackProcess[] = [];
const start = (name: string, ...args: string[]): StackProcess => {
  const stack = startStackProcess(path.join(base, name), args);
  started.push(stack);
  return stack;
};
const socketFolders = () =>
  existsSync('/run/lock')
    ? readdirSync('/run/lock').filter((name) => /^postern-stack-.*\.run$/.test(name))
    : [];

beforeAll(() => {
  base = mkdtempSync(path.join(tmpdir(), 'postern-e2e-'));
});
/** A test that failed half-way leaves its stack for here. */
const endAll = async () => {
  for (const stack of started) stack.kill('SIGTERM');
  await Promise.all(started.map((stack) => stack.ended));
};
afterAll(async () => {
  await endAll();
  rmSync(base, { recursive: true, force: true });
});

describe('a running stack', () => {
  let stack: StackProcess;
  let file: StackFile;
  beforeAll(async () => {
    stack = start('one', '--members', '2', '--gateways', '2');
    file = await stack.ready();
  });
  afterAll(async () => {
    stack.kill('SIGTERM');
    await stack.ended;
  });

  it('says everything in a stack.json that only its owner can read', () => {
    expect(statSync(stack.folder).mode & 0o777).toBe(0o700);
    expect(statSync(path.join(stack.folder, 'stack.json')).mode & 0o777).toBe(0o600);
    expect(file.members).toHaveLength(2);
    expect(file.gateways).toHaveLength(2);
    expect(new Set([file.admin, ...file.members].map(({ totpSecret }) => totpSecret)).size).toBe(3);
    for (const { publicKey } of file.gateways) expect(publicKey).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  it('has a server with the certificate of its own authority and a token with every scope', async () => {
    const script = `fetch(process.argv[1],{headers:{authorization:'Bearer '+process.argv[2]}}).then(async a=>console.log(a.status,(await a.json()).length))`;
    const { stdout } = await inside(file.laptop.netns, [
      'env',
      `NODE_EXTRA_CA_CERTS=${file.caFile}`,
      process.execPath,
      '-e',
      script,
      `${file.serverUrl}/api/v1/members`,
      file.apiToken,
    ]);
    expect(stdout.trim()).toBe('200 3');
  });

  it('has a target that the gateway reaches and the laptop does not', async () => {
    const [gateway] = file.gateways;
    expect(await answers(gateway?.netns ?? '', file.target.url)).toBe(true);
    expect(await answers(file.laptop.netns, file.target.url)).toBe(false);
  });

  it('keeps the target out of reach of somebody beside the gateway who routes through it', async () => {
    const { net, gateways, target } = file;
    const [gateway] = gateways;
    const core = net.coreNetns ?? '';
    const address = new URL(target.url).hostname;
    const outside = gateway?.endpoint.split(':')[0] ?? '';
    // The target would answer: it has a way back.
    const targetNetns = file.laptop.netns.replace(/laptop$/, 'target');
    const insideAddress = (await inside(gateway?.netns ?? '', ['ip', '-br', 'addr', 'show', 'inside']))
      .stdout;
    const [, via = ''] = /(10\.214\.[\d.]+)/.exec(insideAddress) ?? [];
    const back = [`${outside.replace(/\.\d+$/, '.64')}/26`, 'via', via];
    expect((await inside(targetNetns, ['ip', 'route', 'add', ...back])).code).toBe(0);
    const route = [`${address}/32`, 'via', outside];
    expect((await inside(core, ['ip', 'route', 'add', ...route])).code).toBe(0);
    expect(await answers(core, target.url)).toBe(false);
    // The gateway itself is no wall: without our table it would pass the packets on.
    const table = `postern_${file.laptop.netns.replace(/-laptop$/, '')}_${gateway?.name}`;
    const chain = ['inet', table, 'forward'];
    const added = await inside(gateway?.netns ?? '', ['nft', '-ae', 'insert', 'rule', ...chain, 'accept']);
    const [, handle = ''] = /handle (\d+)/.exec(added.stdout) ?? [];
    expect(await answers(core, target.url)).toBe(true);
    const removal = ['nft', 'delete', 'rule', ...chain, 'handle', handle];
    expect((await inside(gateway?.netns ?? '', removal)).code).toBe(0);
    await inside(core, ['ip', 'route', 'del', ...route]);
    await inside(targetNetns, ['ip', 'route', 'del', ...back]);
  });

  it('gives programs on the laptop an unlocked keyring', async () => {
    const script = `const k=require('keytar');(async()=>{await k.setPassword('postern-e2e','a','b');console.log(await k.getPassword('postern-e2e','a'));await k.deletePassword('postern-e2e','a')})()`;
    const shell = path.join(stack.folder, 'laptop-shell');
    const run = spawn(shell, [process.execPath, '-e', script], { cwd: checkout });
    let said = '';
    run.stdout.on('data', (text) => {
      said += String(text);
    });
    await new Promise((resolve) => run.once('close', resolve));
    expect(said.trim()).toBe('b');
  });

  it('refuses a second one in the same folder and names the process that runs', async () => {
    const second = start('one');
    expect(await second.ended).toBe(1);
    expect(second.output()).toContain(`pid ${stack.pid}`);
    expect(existsSync(path.join(stack.folder, 'stack.json'))).toBe(true);
  });

  it('stands beside another one in another folder, even a deep one', async () => {
    const other = start(path.join('deep'.repeat(20), 'folder'.repeat(10)));
    const otherFile = await other.ready();
    expect(prefixOf(otherFile)).not.toBe(prefixOf(file));
    expect(Buffer.byteLength(otherFile.laptop.helperSocket)).toBeLessThanOrEqual(107);
    expect(await answers(otherFile.gateways[0]?.netns ?? '', otherFile.target.url)).toBe(true);
    const sockets = socketFolders().length;
    other.kill('SIGINT');
    expect(await other.ended).toBe(0);
    expect(traces(prefixOf(otherFile), other.folder)).toEqual([]);
    expect(socketFolders()).toHaveLength(sockets - 1);
    expect(await answers(file.gateways[0]?.netns ?? '', file.target.url)).toBe(true);
  });
});

describe('the end of a stack', () => {
  afterEach(endAll);

  it('leaves no process, namespace, interface, socket or stack.json, and ends what runs on the laptop', async () => {
    const stack = start('end');
    const file = await stack.ready();
    const prefix = prefixOf(file);
    expect(traces(prefix, stack.folder).length).toBeGreaterThan(10);
    const visitor = spawn(path.join(stack.folder, 'laptop-shell'), ['sleep', '300'], { cwd: checkout });
    const visitorEnded = new Promise((resolve) => visitor.once('exit', () => resolve('ended')));
    expect(await eventually(() => visitor.pid !== undefined, 2000)).toBe(true);
    stack.kill('SIGTERM');
    expect(await stack.ended).toBe(0);
    expect(traces(prefix, stack.folder)).toEqual([]);
    expect(await visitorEnded).toBe('ended');
    expect(existsSync(path.join(stack.folder, 'stack.json'))).toBe(false);
    expect(existsSync(file.laptop.helperSocket)).toBe(false);
  });

  it('undoes everything when it is ended while it starts', async () => {
    const stack = start('early');
    expect(await eventually(() => stack.output().includes('networks pst'), 30_000)).toBe(true);
    const prefix = `${/pst\d+-/.exec(stack.output())?.[0]}`;
    expect(traces(prefix, stack.folder).length).toBeGreaterThan(0);
    stack.kill('SIGTERM');
    expect(await stack.ended).toBe(1);
    expect(traces(prefix, stack.folder)).toEqual([]);
  });

  it('takes its children with it when it is killed, and the next start removes the rest', async () => {
    const killed = start('killed');
    const file = await killed.ready();
    const prefix = prefixOf(file);
    const mark = '192.0.2.77/32';
    expect((await inside(file.laptop.netns, ['ip', 'addr', 'add', mark, 'dev', 'lo'])).code).toBe(0);
    killed.kill('SIGKILL');
    await killed.ended;
    expect(await eventually(() => processesOf(prefix, killed.folder).length === 0, 5000)).toBe(true);
    const next = start('killed');
    const nextFile = await next.ready();
    expect(prefixOf(nextFile)).toBe(prefix);
    expect((await inside(file.laptop.netns, ['ip', 'addr'])).stdout).not.toContain(mark);
    expect(nextFile.apiToken).not.toBe(file.apiToken);
    next.kill('SIGTERM');
    expect(await next.ended).toBe(0);
    expect(traces(prefix, next.folder)).toEqual([]);
  });
});

describe('an ordinary user', () => {
  const uid = 65_534;

  it.runIf(process.getuid?.() === 0)('gets a stack of its own in a user namespace', async () => {
    const home = path.join(base, 'user');
    mkdirSync(home);
    chownSync(home, uid, uid);
    chmodSync(base, 0o755);
    // /dev/net/tun belongs to root here; on a desktop everyone may open it. Only this process tree sees the change.
    const script = [
      `mknod ${home}/tun c 10 200 && chmod 666 ${home}/tun && mount --bind ${home}/tun /dev/net/tun`,
      `mount --bind ${checkout} /mnt && cd /mnt`,
      `exec setpriv --reuid ${uid} --regid ${uid} --clear-groups env HOME=${home} /mnt/node_modules/.bin/node /mnt/scripts/stack.ts --dir ${home}/.postern`,
    ].join(' && ');
    const child = spawn('unshare', ['-m', '--propagation', 'private', 'sh', '-c', script], { cwd: '/' });
    const stack = follow(child, path.join(home, '.postern'));
    started.push(stack);
    const file = await stack.ready();
    expect(readlinkSync(`/proc/${stack.pid}/ns/user`)).not.toBe(readlinkSync('/proc/self/ns/user'));
    expect(readlinkSync(`/proc/${stack.pid}/ns/net`)).not.toBe(readlinkSync('/proc/self/ns/net'));
    const enter = /nsenter -t \d+ -U -n -m --preserve-credentials --/.exec(stack.output())?.[0];
    expect(enter).toBeDefined();
    const from = spawn('nsenter', ['-t', String(stack.pid), '-U', '-n', '-m', '--', 'ls', '/run/netns']);
    let names = '';
    from.stdout.on('data', (text) => {
      names += String(text);
    });
    await new Promise((resolve) => from.once('close', resolve));
    expect(names).toContain(file.laptop.netns);
    const parts = await run('pgrep', ['-u', String(uid), '-f', home]);
    expect(parts.split('\n').length).toBeGreaterThan(5);
    stack.kill('SIGTERM');
    expect(await stack.ended).toBe(0);
    expect((await tryRun('pgrep', ['-u', String(uid), '-f', home])).stdout).toBe('');
  });
});
