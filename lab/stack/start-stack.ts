import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { apiScope } from '../../src-shared/integration-api.ts';
import type { StackFile } from '../../src-shared/stack-file.ts';
import { ensurePanelIsBuilt } from '../built.ts';
import { type Addressing, ECHO_PORT } from './addressing.ts';
import { makeCertificates } from './certificate-authority.ts';
import { claimStack } from './claim.ts';
import { setUpControlServer, waitForServer } from './control-server.ts';
import { startDhcp } from './dhcp.ts';
import { checkout, makeFolders, ownPrograms } from './folders.ts';
import { gatewayPublicKey, startGatewayAgent } from './gateway-agent.ts';
import { type Laptop, startLaptop } from './laptop.ts';
import { startMailSink } from './mail-server.ts';
import { inNetns, removeEverything } from './namespaces.ts';
import { setCaptivePortal } from './net-controls.ts';
import { buildFlatNetwork } from './network.ts';
import type { StackOptions } from './options.ts';
import { takeProcessLock } from './process-lock.ts';
import { createProcessKeeper, type ManagedProcess, type ProcessKeeper, waitFor } from './processes.ts';
import { startRelay } from './relay.ts';
import { buildRoutedNetwork } from './routed-network.ts';
import { run, tryRun } from './run.ts';
import { StackError } from './stack-error.ts';
import { removeStackFile, writeStackFile } from './stack-json.ts';

const GRACE_MS = 3000;

export interface RunningStack {
  folder: string;
  file: StackFile;
  plan: Addressing;
  laptop: Laptop;
  server: ManagedProcess;
  /** In the order of `file.gateways`. */
  gateways: ManagedProcess[];
  /** Every part that should live as long as the stack. */
  parts: ManagedProcess[];
  /** Ends every process, removes namespaces, links, sockets and `stack.json`. Idempotent: whoever calls resolves when it is done. */
  stop(): Promise<void>;
}

/**
 * Brings up server, gateways, laptop and target on this machine and resolves when all are ready and `stack.json` is
 * written. Needs root, or `enterUserNamespace` before. Rejects with `StackError` after undoing what was made.
 */
export async function startStack(options: StackOptions): Promise<RunningStack> {
  const undo = new AsyncDisposableStack();
  try {
    const made = await bringUp(options, undo);
    let stopping: Promise<void> | null = null;
    const stop = (): Promise<void> => {
      stopping ??= undo.disposeAsync();
      return stopping;
    };
    return { ...made, stop };
  } catch (error) {
    await undo.disposeAsync();
    throw error;
  }
}

/** What it makes it enters into `undo` at once, so that a failure on the way leaves nothing. */
async function bringUp(
  options: StackOptions,
  undo: AsyncDisposableStack,
): Promise<Omit<RunningStack, 'stop'>> {
  const step = stepper(options);

  const own = takeProcessLock(path.join(options.folder, 'stack.lock'));
  if (!own.isHeld)
    throw new StackError(
      `a stack already runs in ${options.folder} (pid ${own.holder}). Use it, or end it first: kill ${own.holder}`,
    );
  undo.defer(own.release);
  removeStackFile(options.folder);
  const { net = 'routed', hasOverlap = false, isFullTunnel = false, alternatePorts = [] } = options;
  const { blocksUdp = false, blocksVpn = false, hasIpv6 = false } = options;
  const programs = { ...ownPrograms, ...options.programs };
  const { plan, release } = await claimStack(options.gateways, { net, hasOverlap, hasIpv6 });
  undo.defer(release);
  const folders = makeFolders(options.folder, plan.number);
  undo.defer(() => rmSync(folders.sockets, { recursive: true, force: true }));

  undo.defer(() => removeEverything(plan.prefix, GRACE_MS));
  const hasRelay = options.rttMs > 0;
  if (plan.routed) await buildRoutedNetwork(plan, plan.routed, { hasRelay, blocksUdp, blocksVpn });
  else await buildFlatNetwork(plan, hasRelay);
  if (plan.routed && options.hasDhcp) await startDhcp({ ...plan, routed: plan.routed }, folders.base);
  const parts: ManagedProcess[] = [];
  const keeper: ProcessKeeper = {
    start(process_) {
      const part = createProcessKeeper(folders.logs).start(process_);
      parts.push(part);
      undo.defer(() => part.stop());
      return part;
    },
  };
  if (hasRelay) await startRelay(keeper, plan, options.rttMs, options.signal);
  await startTarget(keeper, plan, options.signal);
  step(`networks ${plan.prefix}-*: laptop, ${plan.gateways.length} gateway(s), target`);

  const certificates = await makeCertificates(folders.server, path.join(folders.base, 'ca.pem'), plan.server);
  const mail = await startMailSink(keeper, plan, options.signal);
  const control = await setUpControlServer(folders.server, plan.server, certificates, mail.smtp, {
    programs,
    hasCheapHashes: options.hasCheapHashes ?? false,
  });
  const admin = await control.init('admin@example.com', 'Ada Admin');
  const words = options.policy ?? [];
  if (words.length > 0) await control.setPolicy(words);
  step('control server set up: certificate, keys, database, first administrator');

  const allowedIps = isFullTunnel
    ? ['0.0.0.0/0', '::/0']
    : [plan.insideCidr, ...(plan.second ? [plan.second.insideCidr] : [])];
  const [registered, apiToken, members] = await Promise.all([
    Promise.all(
      plan.gateways.map(({ name, tunnelSubnet: subnet, second }, index) =>
        control.addGateway(
          name,
          { subnet, subnet6: second?.tunnelSubnet ?? null },
          allowedIps,
          index === 0 ? alternatePorts : [],
        ),
      ),
    ),
    control.createToken('local stack', apiScope.options),
    control.addMembers(options.members),
  ]);
  step(`${members.length} member(s) with password and one-time password`);

  step(panelStep());
  const server = control.start(keeper);
  const ca = readFileSync(certificates.caFile, 'utf8');
  const serverKey = await waitForServer(control.url, ca, server, options.signal);
  step(`control server answers at ${control.url}`);

  const place = { serverUrl: control.url, caFile: certificates.caFile };
  const gateways = plan.gateways.map((gateway, index) => {
    const { id, token } = registered[index] ?? { id: '', token: '' };
    const egressInterface = plan.routed === null ? null : isFullTunnel ? 'outside' : 'inside';
    const credentials = { gatewayId: id, token };
    return startGatewayAgent(keeper, gateway, {
      ...place,
      ...credentials,
      folder: folders.gateways,
      egressInterface,
      program: programs.gateway,
    });
  });
  const [laptop] = await Promise.all([
    startLaptop(keeper, {
      plan,
      folders,
      ...place,
      serverKey,
      program: programs.helper,
      signal: options.signal,
    }),
    waitForGateways(
      registered.map(({ id }) => id),
      server,
      gateways,
      options.signal,
    ),
  ]);
  step('gateway(s) in sync, helper and keyring ready on the laptop');

  const file: StackFile = {
    serverUrl: control.url,
    caFile: certificates.caFile,
    apiToken,
    admin: { email: admin.email, password: admin.password, totpSecret: admin.totpSecret },
    members,
    gateways: await Promise.all(
      plan.gateways.map(async (gateway, index) => ({
        id: registered[index]?.id ?? '',
        name: gateway.name,
        publicKey: await gatewayPublicKey(gateway),
        endpoint: gateway.endpoint,
        netns: gateway.netns,
        allowedIps,
      })),
    ),
    laptop: { netns: plan.laptopNetns, helperSocket: laptop.helperSocket },
    target: { url: plan.targetUrl },
    mail: { url: mail.url },
    net: netOf(plan),
  };
  await checkLaptopReachesServer(plan, control.url, certificates.caFile);
  if (plan.routed && options.hasCaptivePortal) await setCaptivePortal({ ...plan, routed: plan.routed }, true);
  writeStackFile(folders.base, file);
  undo.defer(() => removeStackFile(folders.base));
  options.signal.throwIfAborted();
  return { folder: folders.base, file, plan, laptop, server, gateways, parts };
}

function netOf({ routed }: Addressing): StackFile['net'] {
  if (routed === null)
    return { kind: 'flat', lanNetns: null, routerNetns: null, coreNetns: null, uplinks: [] };
  const { lanNetns, coreNetns, uplinks } = routed;
  return {
    kind: 'routed',
    lanNetns,
    routerNetns: uplinks[0].netns,
    coreNetns,
    uplinks: uplinks.map(({ name, netns, interface: link, prefix4, prefix6 }) => ({
      name,
      netns,
      interface: link,
      prefix4,
      prefix6,
    })),
  };
}

/** The stack is worth having without it. */
function panelStep(): string {
  try {
    ensurePanelIsBuilt();
    return 'Control Panel built';
  } catch (error) {
    return `NO Control Panel: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function stepper({ onStep, signal }: StackOptions): (step: string) => void {
  let last = performance.now();
  return (step) => {
    signal.throwIfAborted();
    const now = performance.now();
    onStep(step, now - last);
    last = now;
  };
}

async function startTarget(keeper: ProcessKeeper, plan: Addressing, signal: AbortSignal): Promise<void> {
  const script = path.join(checkout, 'lab/stack/target-server.ts');
  const addresses = [plan.target, ...(plan.second ? [plan.second.target] : [])];
  const command = [process.execPath, script, String(ECHO_PORT), ...addresses];
  const target = keeper.start({ name: 'target', netns: plan.targetNetns, command });
  const listening = inNetns(plan.targetNetns, ['ss', '-Hltn', 'sport', '=', ':80']);
  await waitFor({ what: 'the target listened', timeoutMs: 15_000, needs: [target], signal }, async () => {
    const [file = '', ...args] = listening;
    const listed = await run(file, args);
    return addresses.every((address) => listed.includes(address));
  });
}

async function waitForGateways(
  ids: readonly string[],
  server: ManagedProcess,
  gateways: readonly ManagedProcess[],
  signal: AbortSignal,
): Promise<void> {
  const needs = [server, ...gateways];
  await waitFor({ what: 'every gateway was in sync', timeoutMs: 30_000, needs, signal }, () => {
    const lines = readFileSync(server.logFile, 'utf8').split('\n');
    return ids.every((id) => lines.some((line) => line.includes(id) && line.includes('gateway in sync')));
  });
}

/** A firewall on the host that drops what comes from the laptop would look like a broken server; says so instead. */
async function checkLaptopReachesServer(plan: Addressing, url: string, caFile: string): Promise<void> {
  const script = `fetch(${JSON.stringify(`${url}/healthz`)},{signal:AbortSignal.timeout(5000)}).then(r=>process.exit(r.ok?0:1),()=>process.exit(1))`;
  const [file = '', ...args] = inNetns(plan.laptopNetns, [process.execPath, '-e', script]);
  const { code } = await tryRun(file, args, { env: { NODE_EXTRA_CA_CERTS: caFile } });
  if (code !== 0)
    throw new StackError(
      `the laptop's namespace cannot reach ${url}. A firewall on this machine probably drops packets from ${plan.hostLink}; allow ${plan.outsideCidr} on it.`,
    );
}
