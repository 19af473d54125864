import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { wgPublicKeyOf } from '../src-node/wireguard/key-pair.ts';
import { channelUrl, loadGatewayConfig, readSecretFile, readToken } from './config.ts';
import { openPrivateKey } from './private-key-file.ts';

const least = `serverUrl = "https://vpn.example.com"
gatewayId = "0198f2d0-0000-7000-8000-000000000001"
endpoint = "192.0.2.1:51820"
address = "10.86.0.1/24"
`;

describe('the gateway configuration', () => {
  let folder: string;
  const file = async (name: string, text: string, mode = 0o600) => {
    const path = join(folder, name);
    await writeFile(path, text);
    await chmod(path, mode);
    return path;
  };
  const mistakes = (path: string, env = {}) => {
    const loaded = loadGatewayConfig(path, env);
    return loaded.ok ? [] : loaded.mistakes;
  };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'postern-gateway-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('says that a name is no id', async () => {
    const path = await file(
      'n.toml',
      `${least.replace(/gatewayId = .*/, 'gatewayId = "main"')}token = "t"\n`,
    );
    expect(mistakes(path).join()).toContain(
      'the id that "postern-server gateway add" has printed, not the name',
    );
  });

  it('needs little and fills in the rest; the environment comes over the file', async () => {
    const path = await file('c.toml', `${least}token = "t"\n`);
    const loaded = loadGatewayConfig(path, { POSTERN_GATEWAY_LISTEN_PORT: '4500' });
    expect(loaded).toMatchObject({
      ok: true,
      value: {
        interfaceName: 'postern0',
        listenPort: 4500,
        failClosedAfterSeconds: 300,
        nat: false,
        mtu: 1420,
      },
    });
  });

  it('names every mistake', async () => {
    const path = await file('c.toml', least.replace('https:', 'http:'));
    expect(mistakes(path).join('\n')).toContain('serverUrl');
    const noToken = await file('d.toml', `${least}nat = true\n`);
    expect(mistakes(noToken).join('\n')).toMatch(/tokenFile.*\n.*egressInterface/);
    const both = await file('e.toml', `${least}token = "t"\ntokenFile = "x"\n`);
    expect(mistakes(both)).toHaveLength(1);
    const name = await file('f.toml', `${least}token = "t"\ninterfaceName = "wg0; reboot"\n`);
    expect(mistakes(name).join()).toContain('interfaceName');
  });

  it('takes secrets only from files that nobody else may read', async () => {
    const shared = await file('token', 'secret\n', 0o640);
    expect(() => readSecretFile(shared)).toThrow('chmod 600');
    expect(readSecretFile(await file('token2', 'secret\n'))).toBe('secret');
    const path = await file('c.toml', `${least}token = "inline-secret"\n`, 0o644);
    const loaded = loadGatewayConfig(path, {});
    if (!loaded.ok) throw new Error('expected a configuration');
    await expect(readToken(loaded.value, path)).rejects.toThrow('chmod 600');
    await chmod(path, 0o600);
    expect(await readToken(loaded.value, path)).toBe('inline-secret');
  });

  it('makes the private key once, 0600, and refuses one that is shared or none', async () => {
    const path = join(folder, 'state', 'private.key');
    const made = await openPrivateKey(path);
    expect(made.isNew).toBe(true);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(wgPublicKeyOf(made.privateKey)).toBe(made.publicKey);
    expect(await openPrivateKey(path)).toEqual({ ...made, isNew: false });
    await chmod(path, 0o644);
    await expect(openPrivateKey(path)).rejects.toThrow('chmod 600');
    await expect(openPrivateKey(await file('other.key', 'hello'))).rejects.toThrow(
      'no WireGuard private key',
    );
  });

  it('finds the channel under the server, with and without a path', () => {
    expect(channelUrl('https://vpn.example.com')).toBe('wss://vpn.example.com/gateway/v1/channel');
    expect(channelUrl('https://example.com:8443/vpn/')).toBe('wss://example.com:8443/vpn/gateway/v1/channel');
  });
});
