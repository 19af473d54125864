import { devices } from './unlock-scenarios.ts';

/** What the commands answer until a test says otherwise. */
export const firstAnswers = {
  'server.look-up': {
    ok: true,
    value: {
      name: 'Northwind',
      issuer: 'https://vpn.northwind.example',
      serverKey: 'k1:example',
      fingerprint: '7F3A 91C2 0B5E D448 A6E1 33F0 5C9B 7D12 E84A 60B7 2F95 C3D1 18AE 4B06 9E72 D5F3',
      isTrusted: false,
    },
  },
  'server.choose-ca': { ok: true, value: { fileName: 'northwind-ca.pem' } },
  'session.sign-in': { ok: true, value: { step: 'mfa', methods: ['totp', 'backup-code'] } },
  'session.sign-in-mfa': { ok: true, value: { step: 'done' } },
  'session.sign-in-new-password': { ok: true, value: { step: 'done' } },
  'mfa.set-up': {
    ok: true,
    value: {
      secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
      otpauthUri:
        'otpauth://totp/Northwind:ada%40northwind.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Northwind',
    },
  },
  'mfa.confirm': {
    ok: true,
    value: {
      backupCodes: Array.from({ length: 10 }, (_, i) => `7KQ${i}-M2XP-R${i}TA-9V4N`),
    },
  },
  'mfa.save-backup-codes': { ok: true, value: { isSaved: true } },
  'diagnostics.read': {
    ok: true,
    value: {
      text: [
        'Postern 0.1.0 on linux x64',
        'phase: connected since 2026-03-04T10:02:11Z',
        'channel: open, last frame 4 s ago',
        'helper: answering, tunnel up, dns resolved',
        'keychain: ok',
        'clock offset: -212 ms',
        'session token: [redacted]',
      ].join('\n'),
    },
  },
  'devices.list': { ok: true, value: { devices: devices() } },
  'diagnostics.save': { ok: true, value: { isSaved: true } },
} as const;
