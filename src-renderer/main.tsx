import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { ErrorBoundary } from './frame/error-boundary.tsx';
import { mirrorSnapshots } from './store/snapshot-store.ts';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/code.css';
import './styles/frame.css';
import './styles/home.css';
import './styles/dialog.css';
import './styles/door.css';
import './styles/lists.css';
import './styles/unlock.css';
import './styles/print.css';

mirrorSnapshots(window.postern);

const root = document.getElementById('root');
if (root === null) throw new Error('the page has no #root');
createRoot(root).render(
  <StrictMode>
    <ErrorBoundary>
      <App />
    </ErrorBoundary>
  </StrictMode>,
);
