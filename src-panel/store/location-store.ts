import { create } from 'zustand';

interface Location {
  path: string;
  /** Without the question mark. */
  query: string;
}

const read = (): Location => ({
  path: window.location.pathname.replace(/(.)\/+$/, '$1'),
  query: window.location.search.slice(1),
});

/** Where the page is. The browser's own back and forward work; the fragment is nobody's business here. */
export const useLocation = create<Location>()(read);

window.addEventListener('popstate', () => useLocation.setState(read()));

/** Goes to `to` ("/members/…?status=blocked"). With `isReplacing` the step back skips where we are now. */
export function navigate(to: string, isReplacing = false): void {
  if (isReplacing) window.history.replaceState(null, '', to);
  else window.history.pushState(null, '', to);
  useLocation.setState(read());
}

/** The parameters of the address; setting one replaces the entry in the history, as typing in a filter should. */
export function useQuery(): [query: URLSearchParams, set: (change: Record<string, string | null>) => void] {
  const { path, query } = useLocation();
  const current = new URLSearchParams(query);
  return [
    current,
    (change) => {
      const next = new URLSearchParams(window.location.search);
      for (const [key, value] of Object.entries(change))
        if (value === null || value === '') next.delete(key);
        else next.set(key, value);
      navigate(`${path}${next.size === 0 ? '' : `?${next}`}`, true);
    },
  ];
}
