import { useState } from 'react';
import type { PanelApiToken } from '../../../src-shared/panel/api-tokens.ts';
import { Bar } from '../../../src-ui/parts/bar.tsx';
import { Button } from '../../../src-ui/parts/button.tsx';
import { Link } from '../../frame/link.tsx';
import { Page } from '../../frame/page.tsx';
import { Badge } from '../../parts/badge.tsx';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { DoneNote } from '../../parts/done-note.tsx';
import { Empty } from '../../parts/empty.tsx';
import { PageFrame } from '../../parts/page-frame.tsx';
import { useSession } from '../../store/session-store.ts';
import { usePages } from '../../store/use-pages.ts';
import { confirmApiToken, loadApiTokens, revokeApiToken } from '../api/tokens-api.ts';
import { dateText, Moment } from '../parts/moment.tsx';
import { useAdminWords } from '../strings/use-admin-words.ts';
import { KeepToken } from './keep-token.tsx';
import { MakeToken } from './make-token.tsx';

/** What the page asks about, and of which token. */
interface Asked {
  for: 'confirm' | 'keep' | 'revoke';
  token: PanelApiToken;
}

/** Tokens of the integration API. The values themselves are nowhere: the server keeps hashes. */
export function TokensPage() {
  const { a } = useAdminWords();
  const [isMaking, setMaking] = useState(false);
  const [asked, setAsked] = useState<Asked | null>(null);
  const [done, setDone] = useState<string | null>(null);
  const pages = usePages('api-tokens', loadApiTokens);
  const end = (text: string | null) => {
    setDone(text);
    setMaking(false);
    setAsked(null);
    void pages.reload();
  };
  const onCancel = () => setAsked(null);
  return (
    <Page
      title={a.tokens.title}
      text={a.tokens.text}
      isWide
      actions={
        <Button look="primary" onPress={() => setMaking(true)}>
          {a.tokens.make}
        </Button>
      }
    >
      <DoneNote text={done} />
      <PageFrame pages={pages} empty={<Empty title={a.tokens.empty} text={a.tokens.emptyText} />}>
        {(tokens) => (
          <>
            {tokens.some(({ status }) => status === 'suspended') && (
              <Bar look="warning">{a.tokens.suspendedText}</Bar>
            )}
            <TokenTable tokens={tokens} onAsk={setAsked} />
          </>
        )}
      </PageFrame>
      {isMaking && <MakeToken onCancel={() => setMaking(false)} onDone={() => end(null)} />}
      {asked?.for === 'confirm' && (
        <ConfirmDialog
          title={a.tokens.confirmTitle(asked.token.name)}
          text={a.tokens.confirmText}
          confirmLabel={a.tokens.confirm}
          look="primary"
          onConfirm={() => confirmApiToken(asked.token.id)}
          onDone={() => end(a.tokens.confirmed(asked.token.name))}
          onCancel={onCancel}
        />
      )}
      {asked?.for === 'keep' && <KeepToken token={asked.token} onDone={end} onCancel={onCancel} />}
      {asked?.for === 'revoke' && (
        <ConfirmDialog
          title={a.tokens.revokeTitle(asked.token.name)}
          text={a.tokens.revokeText}
          confirmLabel={a.tokens.revoke}
          onConfirm={() => revokeApiToken(asked.token.id)}
          onDone={() => end(a.tokens.revoked(asked.token.name))}
          onCancel={onCancel}
        />
      )}
    </Page>
  );
}

interface TokenTableProps {
  tokens: readonly PanelApiToken[];
  onAsk: (asked: Asked) => void;
}

function TokenTable({ tokens, onAsk }: TokenTableProps) {
  const { a, locale } = useAdminWords();
  const { member: self } = useSession();
  const words = a.tokens;
  const tones = { active: 'on', suspended: 'gate', expired: 'off', revoked: 'stopped' } as const;
  const columns: Column<PanelApiToken>[] = [
    {
      key: 'name',
      name: words.name,
      render: ({ id, name, status, useCount }) => (
        <span className="two-lines">
          <span>{name}</span>
          <Badge tone={tones[status]}>{words.states[status]}</Badge>
          <span className="hint">
            <Link to={`/audit?actor=${encodeURIComponent(`api-token:${id}`)}`}>{words.uses(useCount)}</Link>
          </span>
        </span>
      ),
    },
    {
      key: 'scopes',
      name: words.scopes,
      render: ({ scopes, allowedIps }) => (
        <span className="two-lines">
          <span className="marks">
            {scopes.map((scope) => (
              <code key={scope} className="mono">
                {scope}
              </code>
            ))}
          </span>
          <span className="hint">
            {allowedIps.length === 0 ? words.anywhere : words.from(allowedIps.join(', '))}
          </span>
        </span>
      ),
    },
    {
      key: 'maker',
      name: words.madeBy,
      render: ({ madeBy, isKept, endReason }) => (
        <span className="two-lines">
          <span>{madeBy ?? words.byServer}</span>
          <span className="hint">{endReason ? words.endedWith[endReason] : isKept ? words.kept : null}</span>
        </span>
      ),
    },
    {
      key: 'expires',
      name: words.expires,
      render: ({ expiresAt }) => <time dateTime={expiresAt}>{dateText(expiresAt, locale)}</time>,
    },
    {
      key: 'used',
      name: words.lastUsed,
      render: ({ lastUsedAt, lastUsedIp }) =>
        lastUsedAt === null ? (
          <span className="hint">{a.never}</span>
        ) : (
          <span className="two-lines">
            <Moment at={lastUsedAt} />
            {lastUsedIp !== null && <span className="hint">{words.from(lastUsedIp)}</span>}
          </span>
        ),
    },
    {
      key: 'revoke',
      name: words.revoke,
      isNameHidden: true,
      render: (token) =>
        (token.status === 'active' || token.status === 'suspended') && (
          <span className="marks">
            {token.status === 'suspended' && self.role === 'owner' && (
              <Button
                accessibleName={words.confirmLabel(token.name)}
                onPress={() => onAsk({ for: 'confirm', token })}
              >
                {words.confirm}
              </Button>
            )}
            {token.status === 'active' && token.madeBy !== null && (
              <Button
                accessibleName={(token.isKept ? words.unkeepLabel : words.keepLabel)(token.name)}
                onPress={() => onAsk({ for: 'keep', token })}
              >
                {token.isKept ? words.unkeep : words.keep}
              </Button>
            )}
            <Button
              accessibleName={words.revokeLabel(token.name)}
              onPress={() => onAsk({ for: 'revoke', token })}
            >
              {words.revoke}
            </Button>
          </span>
        ),
    },
  ];
  return <DataTable caption={words.title} columns={columns} rows={tokens} rowKey={({ id }) => id} />;
}
