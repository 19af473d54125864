import { useId } from 'react';
import { useLanguage } from '../../strings/use-strings.ts';

/** One way of proving who it is: can be chosen, or is greyed and says why not. */
export type OtherWay = { key: string; name: string; hint?: string } & (
  | { choose: () => void }
  | { why: string }
);

interface MethodListProps {
  /** Without the one that is on screen. */
  ways: readonly OtherWay[];
  /** Unfolded by itself, when what is on screen has just turned out not to work. */
  isOpen?: boolean;
}

/** "Use another way": there whenever there is one; what the server does not allow now is greyed and says why. */
export function MethodList({ ways, isOpen = false }: MethodListProps) {
  const { t } = useLanguage();
  const id = useId();
  if (ways.length === 0) return null;
  return (
    <details className="methods" open={isOpen || undefined}>
      <summary>{t.code.otherWay}</summary>
      <ul>
        {ways.map((way) => {
          const note = 'why' in way ? way.why : way.hint;
          return (
            <li key={way.key}>
              <button
                type="button"
                className="method"
                aria-disabled={'why' in way || undefined}
                aria-describedby={note ? `${id}-${way.key}` : undefined}
                onClick={'choose' in way ? way.choose : undefined}
              >
                {way.name}
                {note && (
                  <span className="hint" id={`${id}-${way.key}`}>
                    {note}
                  </span>
                )}
              </button>
            </li>
          );
        })}
      </ul>
    </details>
  );
}
