import {
  type APIModalInteractionResponseCallbackData,
  type APIModalSubmission,
  ComponentType,
  TextInputStyle,
} from 'discord.js';
import type { Form, FormField } from '../core/platform.ts';
import { codeFor } from './render.ts';
import { cut } from './text.ts';

/** Source: discord.com/developers/docs/interactions/receiving-and-responding, "Modal"; docs/components/reference, "Text Input". */
const limits = { title: 45, label: 45, fields: 5, value: 4000 } as const;

/** A form as a modal; its identifier is coded like a button's. */
export function modalOf(form: Form, isPrivate: boolean): APIModalInteractionResponseCallbackData {
  return {
    custom_id: codeFor(isPrivate).encode(form),
    title: cut(form.title, limits.title),
    components: form.fields.slice(0, limits.fields).map((field) => ({
      type: ComponentType.Label,
      label: cut(field.label, limits.label),
      component: inputOf(field),
    })),
  };
}

export function inputOf({ name, value, long, required, maxLength }: Omit<FormField, 'label'>) {
  const most = Math.min(maxLength, limits.value);
  return {
    type: ComponentType.TextInput as const,
    custom_id: name,
    style: long ? TextInputStyle.Paragraph : TextInputStyle.Short,
    required,
    max_length: most,
    ...(value !== '' && { value: cut(value, most) }),
  };
}

/** What was written into a modal's fields, and which files were put there. */
export interface Filled {
  readonly values: Readonly<Record<string, string>>;
  /** Ids of attachments by field. */
  readonly files: Readonly<Record<string, readonly string[]>>;
}

export function filledIn({ components }: APIModalSubmission): Filled {
  const values: Record<string, string> = {};
  const files: Record<string, readonly string[]> = {};
  for (const field of components.flatMap(fieldsOf)) {
    if (field.type === ComponentType.FileUpload) files[field.custom_id] = field.values;
    else if (field.type === ComponentType.StringSelect) values[field.custom_id] = field.values[0] ?? '';
    else if (field.type === ComponentType.TextInput || field.type === ComponentType.RadioGroup)
      values[field.custom_id] = field.value ?? '';
  }
  return { values, files };
}

function fieldsOf(part: APIModalSubmission['components'][number]) {
  if (part.type === ComponentType.TextDisplay) return [];
  return part.type === ComponentType.Label ? [part.component] : part.components;
}
