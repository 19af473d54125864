import { useState } from 'react';
import type { PanelApiToken } from '../../../src-shared/panel/api-tokens.ts';
import { Button } from '../../../src-ui/parts/button.tsx';
import { Link } from '../../frame/link.tsx';
import { Page } from '../../frame/page.tsx';
import { Badge } from '../../parts/badge.tsx';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { DoneNote } from '../../parts/done-note.tsx';
import { Empty } from '../../parts/empty.tsx';
import { PageFrame } from '../../parts/page-frame.tsx';
import { usePages } from '../../store/use-pages.ts';
import { confirmApiToken, loadApiTokens, revokeApiToken } from '../api/tokens-api.ts';
import { dateText, Moment } from '../parts/moment.tsx';
import { useAdminWords } from '../strings/use-admin-words.ts';
import { KeepToken } from './keep-token.tsx';
import { MakeToken } from './make-token.tsx';

/** Tokens of the integration API. The values themselves are nowhere: the server keeps hashes. */
export function TokensPage() {
  const { a } = useAdminWords();
  const [isMaking, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<PanelApiToken | null>(null);
  const [confirming, setConfirming] = useState<PanelApiToken | null>(null);
  const [keeping, setKeeping] = useState<PanelApiToken | null>(null);
  const [done, setDone] = useState<string | null>(null);
  const pages = usePages('api-tokens', loadApiTokens);
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
          <TokenTable tokens={tokens} onRevoke={setRevoking} onConfirm={setConfirming} onKeep={setKeeping} />
        )}
      </PageFrame>
      {isMaking && (
        <MakeToken
          onCancel={() => setMaking(false)}
          onDone={() => {
            setMaking(false);
            setDone(null);
            void pages.reload();
          }}
        />
      )}
      {confirming && (
        <ConfirmDialog
          title={a.tokens.confirmTitle(confirming.name)}
          text={a.tokens.confirmText}
          confirmLabel={a.tokens.confirm}
          look="primary"
          onConfirm={() => confirmApiToken(confirming.id)}
          onDone={() => {
            setDone(a.tokens.confirmed(confirming.name));
            setConfirming(null);
            void pages.reload();
          }}
          onCancel={() => setConfirming(null)}
        />
      )}
      {keeping && (
        <KeepToken
          token={keeping}
          onDone={(text) => {
            setDone(text);
            setKeeping(null);
            void pages.reload();
          }}
          onCancel={() => setKeeping(null)}
        />
      )}
      {revoking && (
        <ConfirmDialog
          title={a.tokens.revokeTitle(revoking.name)}
          text={a.tokens.revokeText}
          confirmLabel={a.tokens.revoke}
          onConfirm={() => revokeApiToken(revoking.id)}
          onDone={() => {
            setDone(a.tokens.revoked(revoking.name));
            setRevoking(null);
            void pages.reload();
          }}
          onCancel={() => setRevoking(null)}
        />
      )}
    </Page>
  );
}

interface TokenTableProps {
  tokens: readonly PanelApiToken[];
  onRevoke: (token: PanelApiToken) => void;
  onConfirm: (token: PanelApiToken) => void;
  onKeep: (token: PanelApiToken) => void;
}

function TokenTable({ tokens, onRevoke, onConfirm, onKeep }: TokenTableProps) {
  const { a, locale } = useAdminWords();
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
            {token.status === 'suspended' && (
              <Button accessibleName={words.confirmLabel(token.name)} onPress={() => onConfirm(token)}>
                {words.confirm}
              </Button>
            )}
            {token.status === 'active' && token.madeBy !== null && (
              <Button
                accessibleName={(token.isKept ? words.unkeepLabel : words.keepLabel)(token.name)}
                onPress={() => onKeep(token)}
              >
                {token.isKept ? words.unkeep : words.keep}
              </Button>
            )}
            <Button accessibleName={words.revokeLabel(token.name)} onPress={() => onRevoke(token)}>
              {words.revoke}
            </Button>
          </span>
        ),
    },
  ];
  return <DataTable caption={words.title} columns={columns} rows={tokens} rowKey={({ id }) => id} />;
}
