import type { AttentionItem } from '../../../src-shared/panel/overview.ts';
import { InfoIcon, WarningIcon } from '../../../src-ui/parts/icons.tsx';
import { Link } from '../../frame/link.tsx';
import { dateText, shortTime } from '../parts/moment.tsx';
import type { AdminWords } from '../strings/en.ts';
import { useAdminWords } from '../strings/use-admin-words.ts';

/** What somebody should look at, the most pressing first, each with the way to where it is put right. */
export function Attention({ items }: { items: readonly AttentionItem[] }) {
  const { a, locale } = useAdminWords();
  return (
    <section className="panel stack" aria-labelledby="attention">
      <h2 id="attention">{a.overview.attention}</h2>
      {items.length === 0 ? (
        <p className="hint">{a.overview.nothing}</p>
      ) : (
        <ul className="attention">
          {items.map((item) => {
            const text = sentenceOf(item, a.overview, locale);
            const to = placeOf(item);
            return (
              <li key={text} data-tone={isPressing(item) ? 'stopped' : 'gate'}>
                {isPressing(item) ? <WarningIcon /> : <InfoIcon />}
                <p>{text}</p>
                {to && (
                  <Link to={to} className="link">
                    {a.overview.look}
                    <span className="visually-hidden">: {text}</span>
                  </Link>
                )}
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}

const isPressing = ({ kind }: AttentionItem): boolean =>
  [
    'no-gate',
    'no-unlock-method',
    'audit-broken',
    'gateway-offline',
    'gateway-degraded',
    'end-unconfirmed',
    'guard-failed',
    'server-address-unknown',
    'certificate',
    'mail-stuck',
    'tokens-suspended',
  ].includes(kind);

function sentenceOf(item: AttentionItem, { kinds, others }: AdminWords['overview'], locale: string): string {
  const named = (count: number, members: readonly { name: string }[]): string => {
    const names = members.map(({ name }) => name).join(', ');
    return count > members.length ? `${names} ${others(count - members.length)}` : names;
  };
  switch (item.kind) {
    case 'no-gate':
    case 'no-unlock-method':
    case 'mail-not-configured':
      return kinds[item.kind];
    case 'audit-broken':
      return kinds[item.kind](item.brokenAt);
    case 'gateway-offline':
      return kinds[item.kind](
        item.gateway.name,
        item.lastSeenAt === null ? null : shortTime(item.lastSeenAt, locale),
      );
    case 'gateway-degraded':
      return kinds[item.kind](item.gateway.name, item.detail);
    case 'end-unconfirmed':
      return kinds[item.kind](item.count);
    case 'members-without-mfa':
    case 'factor-disabled':
    case 'reset-pending':
    case 'guard-failed':
      return kinds[item.kind](item.count, named(item.count, item.members));
    case 'server-address-unknown':
      return kinds[item.kind](item.address, item.count, named(item.count, item.members));
    case 'tokens-suspended':
      return kinds[item.kind](item.count, named(item.count, item.apiTokens));
    case 'token-expiring':
      return kinds[item.kind](item.apiToken.name, dateText(item.expiresAt, locale));
    case 'mail-stuck':
      return kinds[item.kind](shortTime(item.since, locale), item.why);
    case 'mail-failed':
      return kinds[item.kind](item.count, named(item.count, item.members), item.why);
    case 'certificate':
      return certificateText(item, kinds.certificate, locale);
  }
}

function placeOf(item: AttentionItem): string | null {
  switch (item.kind) {
    case 'no-gate':
    case 'no-unlock-method':
      return '/login-security';
    case 'audit-broken':
      return '/audit';
    case 'gateway-offline':
    case 'gateway-degraded':
      return `/gateways/${item.gateway.id}`;
    case 'end-unconfirmed':
      return '/gateways';
    case 'members-without-mfa':
      return '/members?status=no-mfa';
    case 'factor-disabled':
      return '/members?status=mfa-disabled';
    case 'reset-pending':
      return '/members?status=reset-pending';
    case 'tokens-suspended':
    case 'token-expiring':
      return '/api-tokens';
    case 'guard-failed':
      return '/members';
    case 'mail-failed':
      return '/audit?action=mail.send&outcome=failed';
    case 'server-address-unknown':
    case 'mail-not-configured':
    case 'mail-stuck':
    case 'certificate':
      return null;
  }
}

type CertificateItem = Extract<AttentionItem, { kind: 'certificate' }>;

function certificateText(
  { trouble, host, names, notBefore, notAfter }: CertificateItem,
  words: AdminWords['overview']['kinds']['certificate'],
  locale: string,
): string {
  switch (trouble) {
    case 'expired':
    case 'expiring':
      return words[trouble](host, dateText(notAfter, locale));
    case 'not-yet-valid':
      return words[trouble](host, dateText(notBefore, locale));
    case 'wrong-name':
      return words[trouble](host, names);
  }
}
