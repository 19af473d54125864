import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { makePair } from '../../testing/certificate-pair.ts';
import { type SmtpSink, startSmtpSink } from '../../testing/smtp-sink.ts';
import { serverProgram } from '../program.ts';

let sink: SmtpSink;
let folder: string;
beforeEach(async () => {
  sink = await startSmtpSink();
  folder = mkdtempSync(join(tmpdir(), 'pst-mail-'));
});
afterEach(async () => {
  await sink.stop();
  rmSync(folder, { recursive: true });
});

/** `place`: host, port and security; left out: those of the sink. */
async function mailTest(more = '', args: string[] = [], isOn = true, place?: string) {
  const config = join(folder, 'server.toml');
  const where = place ?? `host = "127.0.0.1", port = ${sink.config.port}, security = "none"`;
  const mail = `mail = { ${where}, from = "vpn@test.example"${more} }`;
  const settings = ['issuer = "https://vpn.test.example"', 'teamName = "Test"', isOn ? mail : ''];
  writeFileSync(config, [...settings, '[tls]', 'certFile = "x"', 'keyFile = "x"'].join('\n'));
  const said = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      said[stream] += String(text);
      return true;
    }),
  );
  try {
    const given = ['mail', 'test', '--to', 'ada@test.example', '--config', config, ...args];
    await serverProgram().parseAsync(given, { from: 'user' });
    return { status: process.exitCode ?? 0, ...said };
  } finally {
    for (const spy of spies) spy.mockRestore();
    process.exitCode = undefined;
  }
}

test('a test mail arrives, and what the mail server answered is said', async () => {
  const { status, stdout } = await mailTest();
  expect(status).toBe(0);
  expect(stdout).toMatch(/^127\.0\.0\.1:\d+ has taken the mail: 250 /);
  expect(sink.find('Test mail from Test').to?.[0]?.address).toBe('ada@test.example');
  expect(sink.names).toEqual(['vpn.test.example']);
});

test.each([
  [{ at: 'rcpt', code: 550, text: '5.7.1 relaying denied' }, '550 5.7.1 relaying denied', 'mail.from'],
  [{ at: 'data', code: 554, text: 'no thanks' }, '554 no thanks', 'Ask whoever runs'],
  [
    { at: 'rcpt', code: 504, text: '5.5.2 Helo command rejected: need fully-qualified hostname' },
    '504',
    'mail.ehloName',
  ],
] as const)(
  'a refusal is said in the words of the mail server, with what to look at',
  async (refusal, words, remedy) => {
    sink.refusal = refusal;
    const { status, stderr } = await mailTest();
    expect(status).toBe(1);
    expect(stderr).toContain(words);
    expect(stderr).toContain(remedy);
  },
);

test('a mail server that is away is named, also for scripts', async () => {
  await sink.stop();
  const { status, stdout, stderr } = await mailTest('', ['--json']);
  expect([status, stderr]).toEqual([1, '']);
  expect(JSON.parse(stdout)).toMatchObject({
    ok: false,
    why: expect.stringContaining('ECONNREFUSED'),
    remedy: expect.stringContaining('mail.port'),
  });
});

test('without a mail server in the configuration it says what to set', async () => {
  const { status, stderr } = await mailTest('', [], false);
  expect(status).toBe(2);
  expect(stderr).toContain('mail.host');
});

describe('over STARTTLS', () => {
  let server: SMTPServer;
  let place: string;
  /** Whether each mail came over TLS. */
  const taken: boolean[] = [];
  /** `hides`: commands that the server does not know. */
  async function serve(hides: string[]): Promise<void> {
    const { cert, key } = makePair({ name: 'localhost', days: 2 });
    writeFileSync(join(folder, 'mail-ca.pem'), cert);
    server = new SMTPServer({
      ...{ cert, key, disabledCommands: ['AUTH', ...hides], disableReverseLookup: true },
      onData(stream, { secure }, callback) {
        taken.push(secure);
        stream.resume().on('end', () => callback());
      },
    });
    // A client that does not like the certificate hangs up.
    server.on('error', () => undefined);
    const listening = server.listen(0, '127.0.0.1');
    await once(listening, 'listening');
    const address = listening.address();
    const port = typeof address === 'object' ? address?.port : 0;
    place = `host = "localhost", port = ${port}, security = "starttls"`;
  }
  afterEach(() => new Promise<void>((resolve) => server.close(resolve)));

  test("a certificate of an authority of one's own is good with caFile, and without it named with what to set", async () => {
    await serve([]);
    const ca = `, caFile = ${JSON.stringify(join(folder, 'mail-ca.pem'))}`;
    expect(await mailTest(ca, [], true, place)).toMatchObject({ status: 0, stderr: '' });
    expect(taken).toEqual([true]);
    const refused = await mailTest('', [], true, place);
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('self-signed certificate') });
    expect(refused.stderr).toContain('mail.caFile');
    expect(refused.stderr).not.toContain('Node');
    expect(taken).toEqual([true]);
  });

  test('a mail server that knows no STARTTLS gets nothing, and that is said', async () => {
    await serve(['STARTTLS']);
    taken.length = 0;
    const refused = await mailTest('', [], true, place);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('does not encrypt');
    expect(refused.stderr).toContain('mail.security');
    expect(taken).toEqual([]);
  });
});
