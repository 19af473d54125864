import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { stringify } from 'smol-toml';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { fitting, fuzz, hostileText } from '../src-shared/testing/fuzz.ts';
import { channelUrl, gatewayConfigSchema, loadGatewayConfig } from './config.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pst-fuzz-gateway-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const known = [
  'https://vpn.example.com',
  '0198f2d0-0000-7000-8000-000000000001',
  '192.0.2.1:51820',
  '10.86.0.1/22',
  'eth0',
];
const settings = fitting(z.toJSONSchema(gatewayConfigSchema, { io: 'input', unrepresentable: 'any' }), known);

/** TOML has no null, and not every value of JavaScript. */
function tomlOf(value: unknown): string {
  try {
    return stringify(Object(value));
  } catch {
    // The file is none then, either.
    return '= broken';
  }
}

const { name, run, timeoutMs } = fuzz(
  'every file and environment is a configuration of the agent, or is refused in lines that name what',
  fc.record({
    content: settings.map(tomlOf),
    env: fc.dictionary(
      fc.constantFrom(
        'POSTERN_GATEWAY_TOKEN',
        'POSTERN_GATEWAY_MTU',
        'POSTERN_GATEWAY_NAT',
        'POSTERN_GATEWAY_SERVICES',
      ),
      hostileText,
    ),
  }),
  ({ content, env }) => {
    const file = join(folder, 'fuzz.toml');
    writeFileSync(file, content);
    const loaded = loadGatewayConfig(file, env);
    if (loaded.ok) {
      // What the agent makes of it when it starts.
      expect(channelUrl(loaded.value.serverUrl)).toMatch(/^wss:/);
      return;
    }
    expect(loaded.mistakes.length).toBeGreaterThan(0);
    for (const mistake of loaded.mistakes) expect(mistake).toMatch(/^\S[^\n]+$/);
  },
  { tries: 300 },
);
test(name, run, timeoutMs);
