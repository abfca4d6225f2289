import type { Choice, Label } from '../../edit/choices.ts';
import type { FieldName } from '../../edit/fields.ts';
import type { PartialParams } from '../../edit/params.ts';
import type { RemoteFile } from './platform.ts';

/** Where suggestions come from while somebody types. */
export type SuggestionSource =
  | 'model'
  | 'sampler'
  | 'scheduler'
  | 'seed'
  | 'topic'
  | 'preset'
  | 'upscaler'
  | 'ratio'
  /** Pictures of the tree somebody works on; of these, those made with a mask. */
  | 'version'
  | 'masked version'
  /** Names of `/settings` and `/server limits`. */
  | 'setting';

interface Named {
  /** As it is typed, on every platform: lower case, `-` between words. */
  readonly name: string;
  readonly about: Label;
  readonly required?: boolean;
  /** Typed, it is said by its name and never by its place. */
  readonly byName?: boolean;
}

/** An option that is no parameter of an edit. */
export type OwnOption =
  | (Named & { readonly kind: 'text'; readonly maxLength: number; readonly suggests?: SuggestionSource })
  | (Named & { readonly kind: 'integer' | 'number'; readonly min: number; readonly max: number })
  | (Named & { readonly kind: 'switch' })
  | (Named & { readonly kind: 'choice'; readonly choices: readonly Choice[] })
  /** A file; it arrives among the files of the call, with this role. */
  | (Named & { readonly kind: 'picture'; readonly role: RemoteFile['role'] })
  /** Somebody, a channel or a role of a server: its id on the platform, as text. */
  | (Named & { readonly kind: 'person' | 'channel' | 'role' });

/** A parameter of the table by its name, with its label and range, or an option of the command's own. */
export type Option = FieldName | OwnOption;

/** `/mask text`: one thing a command can do. */
export interface Subcommand {
  readonly name: string;
  readonly nameZh: string;
  readonly about: Label;
  readonly options: readonly Option[];
}

/** `/server words add`: subcommands that belong together; one level, no deeper. */
export interface SubcommandGroup {
  readonly name: string;
  readonly nameZh: string;
  readonly about: Label;
  readonly subcommands: readonly Subcommand[];
}

/** A command as data: Discord's JSON, Telegram's menu, the parser and the help are read off it. */
export interface Command {
  /** `edit` in `/edit`; the same word on every platform. */
  readonly name: string;
  /** Name shown to Chinese clients where a platform translates names. */
  readonly nameZh: string;
  readonly about: Label;
  /** In the order in which they are offered; required ones first. Empty when there are subcommands. */
  readonly options: readonly Option[];
  readonly subcommands?: readonly (Subcommand | SubcommandGroup)[];
  /** For commands that edit a picture. */
  readonly edits?: {
    readonly prompt: 'required' | 'optional';
    /** What it begins with where nobody chose: loses against every default, preset and option. */
    readonly usual: PartialParams;
    /** What the command stands for: wins over what was remembered, loses against a preset that is named and against options. */
    readonly sets: PartialParams;
  };
  /** Offered to those who manage a server, and only there. */
  readonly managers?: boolean;
}

/** A command that edits a picture. */
export type EditingCommand = Command & { readonly edits: NonNullable<Command['edits']> };

export const isGroup = (part: Subcommand | SubcommandGroup): part is SubcommandGroup => 'subcommands' in part;

/** What a subcommand is called in a call: `show`, `words add`. */
export function subcommandsOf({ subcommands = [] }: Command): ReadonlyMap<string, Subcommand> {
  const named = subcommands.flatMap((part): [string, Subcommand][] =>
    isGroup(part) ? part.subcommands.map((sub) => [`${part.name} ${sub.name}`, sub]) : [[part.name, part]],
  );
  return new Map(named);
}
