import { Button } from '../../../src-ui/parts/button.tsx';
import { Switch } from '../../../src-ui/parts/choices.tsx';
import { Page } from '../../frame/page.tsx';
import { useQuery } from '../../store/location-store.ts';
import { exportAddress } from '../api/audit-api.ts';
import { shortTime } from '../parts/moment.tsx';
import { useAdminWords } from '../strings/use-admin-words.ts';
import { AuditFilters } from './audit-filters.tsx';
import { AuditRows } from './audit-rows.tsx';
import { ChainCheck } from './chain-check.tsx';
import { filterOf } from './filter.ts';
import { useAudit } from './use-audit.ts';

/** The audit log: search and filters in the address, live view, export, and the check of the chain. */
export function AuditPage() {
  const { a, locale } = useAdminWords();
  const [query, setQuery] = useQuery();
  const { filter, hasBadTime } = filterOf(query);
  const isLive = query.get('live') === '1';
  const audit = useAudit(filter, isLive);
  return (
    <Page
      title={a.audit.title}
      text={a.audit.text}
      isWide
      actions={
        <>
          <a className="button button-secondary" href={exportAddress(filter, 'csv')} download>
            {a.audit.exportCsv}
          </a>
          <a className="button button-secondary" href={exportAddress(filter, 'jsonl')} download>
            {a.audit.exportJson}
          </a>
        </>
      }
    >
      <ChainCheck />
      <AuditFilters filter={filter} onChange={setQuery} />
      {hasBadTime && <p className="field-error">{a.audit.badTime}</p>}
      <Switch
        label={a.audit.live}
        hint={a.audit.liveOn}
        isOn={isLive}
        onChange={(isOn) => setQuery({ live: isOn ? '1' : null })}
      />
      <p className="visually-hidden" role="status">
        {isLive && audit.added > 0 ? a.audit.liveAdded(audit.added) : ''}
      </p>
      {audit.indexing && (
        <p className="hint" role="status">
          {a.audit.indexing(
            audit.indexing.rowsLeft,
            audit.indexing.completeSince && shortTime(audit.indexing.completeSince, locale),
          )}
        </p>
      )}
      <AuditRows audit={audit} onFilter={setQuery} />
      {audit.hasMore && (
        <div className="more">
          <Button isBusy={audit.isLoadingMore} onPress={() => void audit.loadMore()}>
            {a.audit.older}
          </Button>
        </div>
      )}
    </Page>
  );
}
