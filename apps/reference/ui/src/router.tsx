import { createRootRoute, createRoute, createRouter } from '@tanstack/react-router';
import type { AnyRouter } from '@tanstack/react-router';
import { Shell } from './components/shell.tsx';
import { NotFound } from './components/page-state.tsx';
import { CompareView } from './views/compare-view.tsx';
import { ModelsView } from './views/models-view.tsx';
import { PluginsView } from './views/plugins-view.tsx';
import { RunView } from './views/run-view.tsx';
import { RunsView } from './views/runs-view.tsx';

const text = (value: unknown): string | undefined => (typeof value === 'string' || typeof value === 'number' ? String(value).slice(0, 500) : undefined);
const texts = <Name extends string>(...names: readonly Name[]) => (search: Record<string, unknown>): { [name in Name]?: string } =>
  Object.fromEntries(names.flatMap((name) => (text(search[name]) === undefined ? [] : [[name, text(search[name])]]))) as { [name in Name]?: string };

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });
const runs = createRoute({ getParentRoute: () => root, path: '/', component: RunsView, validateSearch: texts('status', 'text') });
const run = createRoute({ getParentRoute: () => root, path: '/runs/$run', component: RunView, validateSearch: texts('tab', 'step', 'revision') });
const compare = createRoute({ getParentRoute: () => root, path: '/compare', component: CompareView, validateSearch: texts('left', 'right') });
const models = createRoute({ getParentRoute: () => root, path: '/models', component: ModelsView });
const plugins = createRoute({ getParentRoute: () => root, path: '/plugins', component: PluginsView });

export function createAppRouter(): AnyRouter {
  return createRouter({ routeTree: root.addChildren([runs, run, compare, models, plugins]), defaultPreload: false, scrollRestoration: true });
}
