import { useId } from 'react';
import { Button } from '../../../src-ui/parts/button.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { SelectField } from '../../parts/select-field.tsx';
import { useLoad } from '../../store/use-load.ts';
import { type AuditFilter, loadAuditActions } from '../api/audit-api.ts';
import { useAdminWords } from '../strings/use-admin-words.ts';
import { fromLocal, toLocal } from './filter.ts';

interface AuditFiltersProps {
  filter: AuditFilter;
  onChange: (change: Record<string, string | null>) => void;
}

const outcomes = ['', 'ok', 'refused', 'failed'] as const;

export function AuditFilters({ filter, onChange }: AuditFiltersProps) {
  const { a } = useAdminWords();
  const actions = useLoad('audit actions', loadAuditActions);
  const known = new Set([...(actions.value ?? []), ...(filter.action ? [filter.action] : [])]);
  const isFiltered = Object.keys(filter).length > 0;
  return (
    <div className="filters audit-filters">
      <SearchField
        label={a.audit.search}
        value={filter.search ?? ''}
        onSearch={(search) => onChange({ search })}
      />
      <SelectField
        label={a.audit.action}
        value={filter.action ?? ''}
        options={['', ...[...known].sort()].map((action) => ({
          value: action,
          name: action === '' ? a.audit.any : action,
        }))}
        onChange={(action) => onChange({ action })}
      />
      <SelectField
        label={a.audit.outcome}
        value={outcomes.find((each) => each === filter.outcome) ?? ''}
        options={outcomes.map((each) => ({ value: each, name: a.audit.outcomes[each] }))}
        onChange={(outcome) => onChange({ outcome })}
      />
      <div className="filters-times">
        <TimeField label={a.audit.from} value={filter.from} onChange={(from) => onChange({ from })} />
        <TimeField label={a.audit.to} value={filter.to} onChange={(to) => onChange({ to })} />
      </div>
      <div className="filters-chosen row">
        {filter.actor && (
          <Chosen text={`${a.audit.actor}: ${filter.actor}`} onClear={() => onChange({ actor: null })} />
        )}
        {filter.subject && (
          <Chosen
            text={`${a.audit.subject}: ${filter.subject}`}
            onClear={() => onChange({ subject: null })}
          />
        )}
        {isFiltered && (
          <Button
            look="quiet"
            onPress={() =>
              onChange(
                Object.fromEntries(
                  ['search', 'action', 'actor', 'subject', 'outcome', 'from', 'to'].map((key) => [key, null]),
                ),
              )
            }
          >
            {a.audit.clear}
          </Button>
        )}
      </div>
    </div>
  );
}

function Chosen({ text, onClear }: { text: string; onClear: () => void }) {
  const { a } = useAdminWords();
  return (
    <Button accessibleName={a.audit.withoutFilter(text)} onPress={onClear}>
      {text} ×
    </Button>
  );
}

interface TimeFieldProps {
  label: string;
  value: string | undefined;
  onChange: (iso: string | null) => void;
}

function TimeField({ label, value, onChange }: TimeFieldProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        key={value ?? ''}
        id={id}
        className="input"
        type="datetime-local"
        defaultValue={toLocal(value)}
        onBlur={(event) => {
          const next = fromLocal(event.target.value);
          if (toLocal(next ?? undefined) !== toLocal(value)) onChange(next);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') event.currentTarget.blur();
        }}
      />
    </div>
  );
}
