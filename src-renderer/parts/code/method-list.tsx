import { useId } from 'react';
import { useLanguage } from '../../strings/use-strings.ts';
import type { CodeMethod } from './failure-text.ts';

interface MethodListProps {
  current: CodeMethod;
  allowed: readonly CodeMethod[];
  /** Shown greyed, with the reason. */
  unavailable: readonly { method: 'pin' | 'biometrics'; why: string }[];
  onChoose: (method: CodeMethod) => void;
}

/** "Use another way": there whenever there is one; what the server does not allow now is greyed and says why. */
export function MethodList({ current, allowed, unavailable, onChoose }: MethodListProps) {
  const { t } = useLanguage();
  const id = useId();
  if (allowed.length + unavailable.length < 2) return null;
  return (
    <details className="methods">
      <summary>{t.code.otherWay}</summary>
      <ul>
        {allowed
          .filter((method) => method !== current)
          .map((method) => (
            <li key={method}>
              <button type="button" className="method" onClick={() => onChoose(method)}>
                {t.code.methods[method]}
              </button>
            </li>
          ))}
        {unavailable.map(({ method, why }) => (
          <li key={method}>
            <button
              type="button"
              className="method"
              aria-disabled="true"
              aria-describedby={`${id}-${method}`}
            >
              {t.code.methods[method]}
              <span className="hint" id={`${id}-${method}`}>
                {why}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}
