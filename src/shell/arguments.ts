import {
  type Field,
  type FieldName,
  fieldNamed,
  fields,
  nearestField,
  type PartialParams,
  parseParam,
} from '../edit/index.ts';
import { Refusal } from '../errors.ts';

/** A command line of the form `word word --key value --switch`. */
export interface Arguments {
  readonly words: readonly string[];
  readonly options: ReadonlyMap<string, string>;
}

const isSwitch = (key: string) => {
  const name = fieldNamed(key);
  return name !== undefined && (fields[name] as Field).kind === 'switch';
};

/** Options take the next word as their value, or what follows `=`; switches of the table may stand alone and mean `on`. */
export function parseArguments(words: readonly string[]): Arguments {
  const plain: string[] = [];
  const options = new Map<string, string>();
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (!word.startsWith('--')) {
      plain.push(word);
      continue;
    }
    const [key, ...value] = word.slice(2).split('=');
    const next = words[i + 1];
    if (value.length > 0) options.set(key!, value.join('='));
    else if (next === undefined || (next.startsWith('--') && isSwitch(key!))) options.set(key!, 'on');
    else {
      options.set(key!, next);
      i++;
    }
  }
  return { words: plain, options };
}

/**
 * Parameters among the options, by any name of the table; `known` are options of the command itself and are passed over.
 * @throws Refusal 'bad-option' for a name nobody knows, and whatever `parseParam` says of a value
 */
export function paramsOf({ options }: Arguments, known: readonly string[]): PartialParams {
  const given = [...options].filter(([key]) => !known.includes(key));
  return Object.fromEntries(
    given.map(([key, value]): [FieldName, unknown] => {
      const name = fieldNamed(key);
      if (!name) throw new Refusal('bad-option', { position: 0, text: key, nearest: nearestField(key) });
      return [name, parseParam(name, value)];
    }),
  ) as PartialParams;
}
