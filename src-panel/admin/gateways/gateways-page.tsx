import { useState } from 'react';
import { Button } from '../../../src-ui/parts/button.tsx';
import { Nowhere } from '../../frame/nowhere.tsx';
import { Page } from '../../frame/page.tsx';
import { DoneNote } from '../../parts/done-note.tsx';
import { Empty } from '../../parts/empty.tsx';
import { PageFrame } from '../../parts/page-frame.tsx';
import { navigate } from '../../store/location-store.ts';
import { usePages } from '../../store/use-pages.ts';
import { loadGateways, PAGE_SIZE } from '../api/gateways-api.ts';
import { useRefresh } from '../parts/use-refresh.ts';
import { useAdminWords } from '../strings/use-admin-words.ts';
import { AddGateway } from './add-gateway.tsx';
import { GatewayPage } from './gateway-page.tsx';
import { GatewayTable } from './gateway-table.tsx';

const REFRESH_MS = 10_000;

/** The list of gateways, or one of them: "/gateways" and "/gateways/<id>". */
export function GatewaysPage({ rest }: { rest: readonly string[] }) {
  const { w } = useAdminWords();
  const [done, setDone] = useState<string | null>(null);
  const [gatewayId] = rest;
  if (rest.length > 1) return <Nowhere title={w.start.notFound} text={w.start.notFoundText} />;
  if (gatewayId === undefined) return <Gateways done={done} />;
  return (
    <GatewayPage
      key={gatewayId}
      gatewayId={gatewayId}
      onRemoved={(text) => {
        setDone(text);
        navigate('/gateways', true);
      }}
    />
  );
}

function Gateways({ done }: { done: string | null }) {
  const { a } = useAdminWords();
  const [isAdding, setAdding] = useState(false);
  const pages = usePages('gateways', (cursor, signal) =>
    loadGateways(cursor, { ...(signal ? { signal } : {}) }),
  );
  // Only the first page is asked for again: who has gone further keeps what is on screen.
  const isFollowing = !isAdding && (pages.items?.length ?? 0) <= PAGE_SIZE;
  useRefresh(() => loadGateways(undefined, { isBackground: true }), pages.put, REFRESH_MS, isFollowing);
  return (
    <Page
      title={a.gateways.title}
      text={a.gateways.text}
      isWide
      actions={
        <Button look="primary" onPress={() => setAdding(true)}>
          {a.gateways.add}
        </Button>
      }
    >
      <DoneNote text={done} />
      <PageFrame pages={pages} empty={<Empty title={a.gateways.empty} text={a.gateways.emptyText} />}>
        {(gateways) => <GatewayTable gateways={gateways} />}
      </PageFrame>
      {isAdding && (
        <AddGateway
          onCancel={() => setAdding(false)}
          onDone={() => {
            setAdding(false);
            void pages.reload();
          }}
        />
      )}
    </Page>
  );
}
