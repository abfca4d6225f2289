import { ApiFault, asArray, asNumber, asObject, asText, invalid, type JsonObject } from './json.ts';

/** Component types. Source: discord.com/developers/docs/components/reference, "Component Types". */
const type = {
  row: 1,
  button: 2,
  stringSelect: 3,
  textInput: 4,
  section: 9,
  text: 10,
  thumbnail: 11,
  gallery: 12,
  file: 13,
  separator: 14,
  container: 17,
  label: 18,
  upload: 19,
  radio: 21,
  checkboxes: 22,
} as const;
const selects: readonly number[] = [3, 5, 6, 7, 8];

interface Found {
  readonly ids: Set<string>;
  readonly texts: string[];
  readonly links: Set<string>;
  count: number;
}

/** Checks the components of a message; returns the `attachment://` names they refer to. @throws ApiFault 50035 */
export function checkComponents(components: readonly JsonObject[], isV2: boolean): ReadonlySet<string> {
  const found: Found = { ids: new Set(), texts: [], links: new Set(), count: 0 };
  if (!isV2 && components.length > 5) throw invalid('components', 'Must be 5 or fewer in length.');
  components.forEach((component, at) => {
    if (!isV2 && component.type !== type.row) throw invalid(`components.${at}.type`, 'Value must be one of {1}.');
    checkComponent(component, `components.${at}`, found);
  });
  if (found.count > 40) throw invalid('components', 'The number of components exceeds the maximum of 40.');
  checkTexts(found.texts);
  return found.links;
}

/** Source: discord.com/developers/docs/components/reference, "Text Display"; the bytes: github.com/discord/discord-api-docs/issues/8554. */
function checkTexts(texts: readonly string[]): void {
  const all = texts.join('');
  if ([...all].length > 4000) throw invalid('components', 'The text of all components exceeds 4000 characters.');
  const bytes = Buffer.byteLength(all) + 12 * texts.length;
  if (bytes > 10_170) throw new ApiFault(500, 0, '500: Internal Server Error');
}

function checkComponent(component: JsonObject, path: string, found: Found): void {
  found.count += 1;
  const children = asArray(component.components).map(asObject);
  switch (component.type) {
    case type.row:
      checkRow(children, path, found);
      return;
    case type.section:
      if (children.length < 1 || children.length > 3)
        throw invalid(`${path}.components`, 'Must be between 1 and 3 in length.');
      if (component.accessory === undefined) throw invalid(`${path}.accessory`, 'This field is required');
      checkEach([...children, asObject(component.accessory)], path, found);
      return;
    case type.container:
      if (children.length === 0) throw invalid(`${path}.components`, 'This field is required');
      checkEach(children, path, found);
      return;
    case type.text:
      if (!asText(component.content)) throw invalid(`${path}.content`, 'This field is required');
      found.texts.push(asText(component.content));
      return;
    case type.gallery:
      checkGallery(component, path, found);
      return;
    case type.thumbnail:
      checkMedia(component, path, found);
      return;
    case type.file:
      found.links.add(asText(asObject(component.file).url));
      return;
    case type.button:
      checkButton(component, path, found);
      return;
    case type.separator:
      return;
    default:
      throw invalid(`${path}.type`, `Component type ${String(component.type)} is not valid here.`);
  }
}

const checkEach = (children: readonly JsonObject[], path: string, found: Found): void =>
  children.forEach((child, at) => {
    checkComponent(child, `${path}.components.${at}`, found);
  });

function checkRow(children: readonly JsonObject[], path: string, found: Found): void {
  const isSelect = selects.includes(asNumber(children[0]?.type));
  const most = isSelect ? 1 : 5;
  if (children.length < 1 || children.length > most)
    throw invalid(`${path}.components`, `Must be between 1 and ${most} in length.`);
  children.forEach((child, at) => {
    const where = `${path}.components.${at}`;
    found.count += 1;
    if (isSelect) checkSelect(child, where, found);
    else if (child.type === type.button) checkButton(child, where, found);
    else throw invalid(`${where}.type`, 'Only buttons and one select may stand in a row.');
  });
}

/** Source: discord.com/developers/docs/components/reference, "Button". */
function checkButton(button: JsonObject, path: string, found: Found): void {
  const style = asNumber(button.style);
  if (style < 1 || style > 6) throw invalid(`${path}.style`, 'Value must be between 1 and 6.');
  if (asText(button.label).length > 80) throw invalid(`${path}.label`, 'Must be 80 or fewer in length.');
  if (!button.label && !button.emoji) throw invalid(path, 'A label or an emoji is required.');
  checkEmoji(button, path);
  if (style === 5) {
    if (!asText(button.url)) throw invalid(`${path}.url`, 'This field is required');
    if (button.custom_id !== undefined) throw invalid(`${path}.custom_id`, 'A link has no custom id.');
    return;
  }
  checkId(button, path, found.ids);
}

const emoji = /^(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f)$/u;

/** An emoji of Unicode, or one of a server by its id. Source: the same, "Partial emoji"; github.com/discord/discord-api-docs/issues/8071. */
function checkEmoji(holder: JsonObject, path: string): void {
  if (holder.emoji === undefined) return;
  const { id, name } = asObject(holder.emoji);
  const isKnown = asText(id) !== '' || emoji.test(asText(name)) || emoji.test(`${asText(name)}\ufe0f`);
  if (!isKnown) throw invalid(`${path}.emoji.name`, 'Invalid emoji');
}

/** Source: discord.com/developers/docs/components/reference, "String Select". */
function checkSelect(select: JsonObject, path: string, found: Found): void {
  checkId(select, path, found.ids);
  if (select.type !== type.stringSelect) return;
  const options = asArray(select.options).map(asObject);
  checkOptions(options, path, 1, 25);
  const [fewest, most] = [select.min_values ?? 1, select.max_values ?? 1].map(asNumber) as [number, number];
  if (fewest < 0 || most < 1 || fewest > most || most > options.length)
    throw invalid(path, 'min_values and max_values do not go with the options.');
  if (asText(select.placeholder).length > 150) throw invalid(`${path}.placeholder`, 'Must be 150 or fewer in length.');
}

function checkOptions(options: readonly JsonObject[], path: string, fewest: number, most: number): void {
  if (options.length < fewest || options.length > most) {
    throw invalid(`${path}.options`, `Must be between ${fewest} and ${most} in length.`);
  }
  const values = new Set(options.map((option) => asText(option.value)));
  if (values.size < options.length) throw invalid(`${path}.options`, 'The specified option value is already used.');
  for (const option of options) {
    const tooLong = [option.label, option.value, option.description].some((text) => asText(text).length > 100);
    if (tooLong || !option.label || !option.value)
      throw invalid(`${path}.options`, 'Must be between 1 and 100 in length.');
    checkEmoji(option, `${path}.options`);
  }
}

function checkId(component: JsonObject, path: string, ids: Set<string>): void {
  const id = asText(component.custom_id);
  if (id.length < 1 || id.length > 100) throw invalid(`${path}.custom_id`, 'Must be between 1 and 100 in length.');
  if (ids.has(id)) throw invalid(`${path}.custom_id`, 'Component custom id cannot be duplicated');
  ids.add(id);
}

function checkGallery(gallery: JsonObject, path: string, found: Found): void {
  const items = asArray(gallery.items).map(asObject);
  if (items.length < 1 || items.length > 10) throw invalid(`${path}.items`, 'Must be between 1 and 10 in length.');
  items.forEach((item, at) => {
    checkMedia(item, `${path}.items.${at}`, found);
  });
}

function checkMedia(item: JsonObject, path: string, found: Found): void {
  if (asText(item.description).length > 1024) throw invalid(`${path}.description`, 'Must be 1024 or fewer in length.');
  const url = asText(asObject(item.media).url);
  if (!url) throw invalid(`${path}.media.url`, 'This field is required');
  found.links.add(url);
}

/**
 * Checks a modal. `uploads` false: a server where the younger components are not yet rolled out refuses them.
 * Source: discord.com/developers/docs/interactions/receiving-and-responding, "Modal"; docs/components/reference, "Label".
 */
export function checkModal(modal: JsonObject, uploads: boolean): void {
  const title = asText(modal.title);
  if (title.length < 1 || title.length > 45) throw invalid('data.title', 'Must be between 1 and 45 in length.');
  const ids = new Set<string>();
  checkId(modal, 'data', new Set());
  const components = asArray(modal.components).map(asObject);
  if (components.length < 1 || components.length > 5)
    throw invalid('data.components', 'Must be between 1 and 5 in length.');
  components.forEach((component, at) => {
    checkModalPart(component, `data.components.${at}`, { ids, uploads });
  });
}

function checkModalPart(component: JsonObject, path: string, rules: { ids: Set<string>; uploads: boolean }): void {
  if (component.type === type.text) return;
  if (component.type === type.row) {
    const input = asObject(asArray(component.components)[0]);
    if (input.type !== type.textInput) throw invalid(`${path}.components.0.type`, 'Value must be one of {4}.');
    if (!input.label || asText(input.label).length > 45)
      throw invalid(`${path}.components.0.label`, 'Must be between 1 and 45 in length.');
    checkInput(input, `${path}.components.0`, rules.ids);
    return;
  }
  if (component.type !== type.label) throw invalid(`${path}.type`, 'Value must be one of {1, 10, 18}.');
  if (!component.label || asText(component.label).length > 45)
    throw invalid(`${path}.label`, 'Must be between 1 and 45 in length.');
  if (asText(component.description).length > 100)
    throw invalid(`${path}.description`, 'Must be 100 or fewer in length.');
  const inner = asObject(component.component);
  const young = inner.type === type.upload || inner.type === type.radio || inner.type === type.checkboxes;
  if (young && !rules.uploads) throw invalid(`${path}.component.type`, 'Value must be one of {3, 4, 5, 6, 7, 8}.');
  checkField(inner, `${path}.component`, rules.ids);
}

function checkField(field: JsonObject, path: string, ids: Set<string>): void {
  if (field.type === type.textInput) {
    checkInput(field, path, ids);
    return;
  }
  checkId(field, path, ids);
  const options = asArray(field.options).map(asObject);
  if (field.type === type.stringSelect) checkOptions(options, path, 1, 25);
  if (field.type === type.radio) checkOptions(options, path, 2, 10);
  if (field.type === type.upload && asNumber(field.max_values) > 10)
    throw invalid(`${path}.max_values`, 'Must be 10 or fewer.');
}

/** Source: discord.com/developers/docs/components/reference, "Text Input". */
function checkInput(input: JsonObject, path: string, ids: Set<string>): void {
  checkId(input, path, ids);
  if (input.style !== 1 && input.style !== 2) throw invalid(`${path}.style`, 'Value must be one of {1, 2}.');
  if (asText(input.placeholder).length > 100) throw invalid(`${path}.placeholder`, 'Must be 100 or fewer in length.');
  const most = asNumber(input.max_length) || 4000;
  if (most > 4000) throw invalid(`${path}.max_length`, 'Must be 4000 or fewer.');
  if (asText(input.value).length > most) throw invalid(`${path}.value`, `Must be ${most} or fewer in length.`);
}
