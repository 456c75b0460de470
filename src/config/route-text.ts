import type { RouteConfig } from './config.ts';
import type { PathPattern, RouteMatch } from './route-match.ts';

/** What a route takes: `GET app.example.com/api/*`. */
export function matchText({ host, path, methods }: RouteMatch): string {
  return `${methods === null ? '' : `${methods.join(',')} `}${host ?? '*'}${pathText(path)}`;
}

/** What a route does: `→ api`, `→ 308 /new`, `answers 200`. */
export function actionText({ action }: Pick<RouteConfig, 'action'>): string {
  switch (action.kind) {
    case 'forward': return `→ ${action.upstream}`;
    case 'redirect': return `→ ${action.status} ${action.to}`;
    case 'respond': return `→ answers ${action.status}`;
    case 'health': return `→ ${action.probe}`;
  }
}

function pathText(path: PathPattern): string {
  switch (path.kind) {
    case 'exact': return path.path;
    case 'prefix': return `${path.prefix}/*`;
    case 'extension': return `${path.prefix}/*.${path.extensions.length === 1 ? path.extensions[0] : `{${path.extensions.join(',')}}`}`;
    case 'regex': return ` ~${path.source}`;
  }
}
