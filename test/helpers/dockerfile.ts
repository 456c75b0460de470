import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** What the last stage says about running it. */
export interface Image {
  /** The folder that stands for `/`. */
  readonly root: string;
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
  readonly labels: string;
}

interface Stage {
  readonly root: string;
  workdir: string;
  readonly settings: Map<string, string>;
  readonly env: Record<string, string>;
}

interface BuildOptions {
  /** The checkout. */
  readonly context: string;
  /** An empty folder, where each stage gets a folder that stands for `/`. */
  readonly into: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid?: number;
}

/**
 * Does what a Dockerfile says, step by step, without an engine: `COPY` into the folder of its stage, `RUN` in the working
 * directory as an ordinary user. Commands must therefore use relative paths. @throws Error at an instruction it does not know.
 */
export async function buildImage({ context, into, env, uid }: BuildOptions): Promise<Image> {
  const stages = new Map<string, Stage>();
  const ignored = ignoredBy(readFileSync(path.join(context, '.dockerignore'), 'utf8'));
  let stage: Stage = newStage(into, 'none');
  for (const { name, text } of instructionsOf(readFileSync(path.join(context, 'Dockerfile'), 'utf8'))) {
    switch (name) {
      case 'FROM': {
        const as = /\bAS (\w+)$/i.exec(text)?.[1] ?? 'final';
        stage = newStage(into, as);
        stages.set(as, stage);
        break;
      }
      case 'WORKDIR': {
        stage.workdir = text;
        makeFolder(path.join(stage.root, text));
        break;
      }
      case 'COPY': copy(text, stage, stages, context, ignored); break;
      case 'RUN': await run('env', ['-u', 'NODE_OPTIONS', 'sh', '-ec', text], { cwd: path.join(stage.root, stage.workdir), env: { ...env, ...stage.env }, maxBuffer: 64 * 1024 * 1024, ...(uid !== undefined && { uid, gid: uid }) }); break;
      case 'ENV': {
        const [, key = '', value = ''] = /^(\w+)=(\S*)$/.exec(text) ?? [];
        stage.env[key] = value;
        break;
      }
      case 'ARG': case 'LABEL': case 'USER': case 'VOLUME': case 'EXPOSE': case 'STOPSIGNAL': case 'HEALTHCHECK': case 'ENTRYPOINT': case 'CMD': {
        stage.settings.set(name, text);
        break;
      }
      default: throw new Error(`this Dockerfile says ${name}, which the test does not know`);
    }
  }
  const { root, workdir, settings } = stage;
  const said = (name: string): string => settings.get(name) ?? '';
  return {
    root, workdir, env: stage.env, user: said('USER'), labels: said('LABEL'),
    entrypoint: list(said('ENTRYPOINT')), command: list(said('CMD')), healthcheck: list(said('HEALTHCHECK').replace(/^.*?CMD /s, '')),
  };
}

/** Bytes of all files below. */
export async function sizeOf(folder: string): Promise<number> {
  const { stdout } = await run('du', ['-s', '--apparent-size', '--block-size=1', folder]);
  return Number(stdout.split('\t', 1)[0]);
}

function newStage(into: string, name: string): Stage {
  const root = path.join(into, name);
  makeFolder(root);
  return { root, workdir: '/', settings: new Map(), env: {} };
}

/** Open to the ordinary user who runs the commands. */
function makeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o777);
}

function instructionsOf(text: string): Instruction[] {
  const lines = text.replaceAll(/^\s*#.*\n/gm, '').replaceAll(/\\\n\s*/g, ' ').split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => {
    const [, name = '', rest = ''] = /^(\w+)\s+(.*)$/.exec(line.trim()) ?? [];
    return { name, text: rest };
  });
}

function list(text: string): string[] {
  const value: unknown = JSON.parse(text);
  return Array.isArray(value) ? value.map(String) : [];
}

function copy(text: string, stage: Stage, stages: ReadonlyMap<string, Stage>, context: string, isIgnored: (file: string) => boolean): void {
  const words = text.split(/\s+/);
  const from = words.find((word) => word.startsWith('--from='))?.slice('--from='.length);
  const paths = words.filter((word) => !word.startsWith('--'));
  const target = paths.pop() ?? '';
  const source = from === undefined ? context : stages.get(from)?.root;
  if (source === undefined) throw new Error(`COPY ${text}: there is no stage ${from}`);
  for (const name of paths) {
    const origin = path.join(source, name);
    const isFolder = statSync(origin).isDirectory();
    const place = path.join(stage.root, path.isAbsolute(target) ? target : path.join(stage.workdir, target));
    const into = isFolder || !/(^\.|\/)$/.test(target) ? place : path.join(place, path.basename(name));
    cpSync(origin, into, { recursive: true, verbatimSymlinks: true, filter: (file) => from !== undefined || !isIgnored(path.relative(context, file)) });
    // The ordinary user stands in for root, who may change what was copied.
    execFileSync('chmod', ['-R', 'a+rwX', into]);
  }
}

/** Of the form `*`, then `!name` for what goes in all the same. */
function ignoredBy(text: string): (file: string) => boolean {
  const kept = text.split('\n').flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
  return (file) => file !== '' && !kept.some((name) => file === name || file.startsWith(`${name}/`) || name.startsWith(`${file}/`));
}

/** Whether a file is there, for a test that says what must not go in. */
export function isIn(image: Image, file: string): boolean {
  return existsSync(path.join(image.root, file));
}
