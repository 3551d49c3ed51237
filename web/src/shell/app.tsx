// SPDX-License-Identifier: MIT
// The whole page: who is there, which page is wanted, may he see it.
import { useSignalEffect } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ChatPage } from '../chat/page';
import { as_problem } from '../api/problem';
import { people } from '../api';
import { Empty, ProblemNote, Skeleton } from '../kit/note';
import { Toasts } from '../kit/toast';
import { may_see } from './access';
import { go, path } from './location';
import { Nav, TopBar } from './nav';
import { LinkNote } from './link_note';
import { Palette } from './palette';
import { routes, type PageRoute, type PageView } from './pages';
import { first_match, safe_return, type Params } from './router_match';
import { ask_who, who } from './session';
import { Shortcuts } from './shortcuts';

const loaded = new Map<PageRoute, PageView>();

function Lazy({ route, params }: { route: PageRoute; params: Params }) {
  const [, drawn] = useState(0);
  const [failed, fail] = useState<unknown>(null);
  const View = loaded.get(route);

  const load = () => {
    fail(null);
    route.load?.().then(
      (view) => {
        loaded.set(route, view);
        drawn((before) => before + 1);
      },
      (error: unknown) => fail(error ?? new Error('not loaded')),
    );
  };
  useEffect(() => {
    if (!View) load();
  }, [route]);

  if (View) return <View params={params} />;
  // A new version of the server has other files: only a fresh page knows their names.
  if (failed) return <ProblemNote of={{ problem: as_problem(failed), retry_at: null, again: () => window.location.reload() }} />;
  return <Skeleton />;
}

function Main() {
  const found = first_match(routes, path.value);
  if (!found) {
    return (
      <Empty icon="search" title="There is no such page">
        <p>
          The address may be mistyped. <a href="/">Go to the chat</a>, or press <kbd>Ctrl</kbd>+<kbd>K</kbd> to find a page.
        </p>
      </Empty>
    );
  }
  const { route, params } = found;
  if (!may_see(route.needs)) {
    return (
      <Empty icon="people" title="This page is for staff">
        <p>Your account is not allowed to see it. An administrator can change that under People.</p>
      </Empty>
    );
  }
  if (!route.load) return <ChatPage id={params['id'] ?? ''} />;
  return <Lazy key={route.path} route={route} params={params} />;
}

/** Nobody is signed in: to the door. On a server without people the door is locked until the set-up link is opened. */
async function to_the_door(): Promise<void> {
  const wanted = path.value + window.location.search;
  const { needed } = await people.setup().catch(() => ({ needed: false }));
  const back = wanted === '/' ? '' : `?to=${encodeURIComponent(wanted)}`;
  go(needed ? '/setup' : `/sign-in${back}`, 'replace');
}

export function App() {
  useSignalEffect(() => {
    const wants = first_match(routes, path.value)?.route.needs ?? 'somebody';
    if (who.value.state === 'nobody' && wants !== 'nobody') void to_the_door();
    if (who.value.state === 'somebody' && (path.value === '/sign-in' || path.value === '/register')) {
      go(safe_return(new URLSearchParams(window.location.search).get('to')), 'replace');
    }
  });
  // A page that was gone to is read from its beginning; the chat puts one into its composer by itself.
  const gone_to = useRef(path.value);
  useEffect(() => {
    if (gone_to.current !== path.value && first_match(routes, path.value)?.route.load) document.getElementById('main')?.focus({ preventScroll: true });
    gone_to.current = path.value;
  }, [path.value]);
  const someone = who.value;
  const at_door = first_match(routes, path.value)?.route.needs === 'nobody';

  if (someone.state === 'unknown' && !at_door) return <Unknown />;
  if (at_door) {
    return (
      <div class="door">
        <main id="main">
          <Main />
        </main>
        <Toasts />
      </div>
    );
  }
  if (someone.state !== 'somebody') return <div class="door" aria-busy="true" />;
  return (
    <div class="shell">
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <TopBar />
      <Nav />
      <main id="main" tabIndex={-1}>
        <LinkNote />
        <Main />
      </main>
      <Palette />
      <Shortcuts />
      <Toasts />
    </div>
  );
}

function Unknown() {
  const [retry_at, set_retry] = useState(() => Date.now() + 5000);
  const state = who.value;
  useEffect(() => {
    const timer = setTimeout(() => void ask_who().then(() => set_retry(Date.now() + 5000)), Math.max(0, retry_at - Date.now()));
    return () => clearTimeout(timer);
  }, [retry_at]);
  if (state.state !== 'unknown') return null;
  return (
    <div class="door">
      <main id="main">
        <ProblemNote of={{ problem: state.problem, retry_at, again: () => void ask_who() }} />
      </main>
    </div>
  );
}
