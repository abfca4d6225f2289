// Every refusal in one table, since the type wants all of them: the file is as long as there are refusals.

import type { Messages } from './catalogue.ts';
import { plural } from './plural.ts';

const megabytes = (bytes: number) => `${(bytes / 1_048_576).toFixed(1)} MB`;
const orList = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ');

const shortly = (seconds: number) => (seconds < 90 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`);

export const refusalsEn: Messages['refusals'] = {
  'no-image': () => ({
    what: 'Which picture?',
    why: 'I found none to edit.',
    next: 'Send one with your words, reply to one, or reply to one of my results.',
  }),
  'no-content': () => ({
    what: 'I cannot see that message',
    why: 'The platform does not show it to me.',
    next: 'Reply with the mention on, use the picture’s "Edit image" menu, or send the picture yourself.',
  }),
  'download-failed': ({ host }) => ({
    what: 'The picture did not arrive',
    why: `Downloading from ${host} failed.`,
    next: 'Please send it again.',
  }),
  'link-not-followed': ({ hosts }) => ({
    what: 'I do not follow that link',
    why: `I take links to messages here, and https links to files on ${hosts.join(', ')}.`,
    next: 'Send the picture itself, or copy the link of the message it is in.',
  }),
  'link-expired': () => ({
    what: 'That link leads to no file any more',
    why: 'Links to files hold for about a day; then they are given out no more.',
    next: 'Copy the link of the message with the picture instead, or send the picture itself.',
  }),
  'file-too-big': ({ bytes, limit }) => ({
    what: 'That file is too big',
    why: `It has ${megabytes(bytes)}; I can take ${megabytes(limit)}.`,
    next: 'Send it as a photo, or smaller.',
  }),
  'not-an-image': ({ found }) => ({
    what: 'That is not a picture I can read',
    why:
      found === 'empty'
        ? 'The file is empty.'
        : found === 'unknown'
          ? 'I do not recognise what is in it.'
          : `It looks like ${found}.`,
    next: 'PNG, JPEG, WebP, AVIF and GIF work.',
  }),
  'image-broken': ({ format }) => ({
    what: 'That picture is damaged',
    why: `The ${format} file ends early or cannot be decoded.`,
    next: 'Please send it again, or save it anew first.',
  }),
  'image-too-large': ({ megapixels, limit }) => ({
    what: 'That picture is too large',
    why: `It has ${megapixels.toFixed(1)} megapixels; I can take ${limit}.`,
    next: 'Send a smaller one?',
  }),
  'image-sides': ({ width, height, min, max }) => ({
    what: 'I cannot edit a picture of that shape',
    why: `It is ${width}×${height}; sides must be ${min} to ${max} pixels.`,
    next: 'Send it in another size?',
  }),
  'mask-size': ({ mask, image }) => ({
    what: 'The mask does not fit the picture',
    why: `The mask is ${mask}, the picture ${image}: another aspect.`,
    next: 'Send a mask of the same shape.',
  }),
  'mask-empty': () => ({
    what: 'The mask is empty',
    why: 'No pixel is marked for repainting.',
    next: 'White is repainted: invert the mask if yours is the other way round, or mark more.',
  }),
  'no-mask': () => ({
    what: 'Where shall I repaint?',
    why: 'There is no mask.',
    next: 'Draw on the picture with a red pen and send it back as a reply, or send a black and white picture as the mask: white is repainted.',
  }),
  'no-finder': ({ target }) => ({
    what: `I cannot find "${target}" by its name`,
    why: 'No model for masks by word is installed here.',
    next: 'Show me where it is: draw on the picture with a thick red pen and reply to it with that and the same words. A black and white mask works too: white is repainted.',
  }),
  'sketch-and-mask': () => ({
    what: 'A sketch and a mask at once',
    why: 'In an inpaint sketch the strokes are the mask.',
    next: 'Leave the mask out, or send the picture with the strokes as the picture itself.',
  }),
  'sketch-size': ({ sketch, image }) => ({
    what: 'The sketch does not fit the picture',
    why: `The sketch is ${sketch}, the picture ${image}.`,
    next: 'Paint on the picture at its own size.',
  }),
  'sketch-unchanged': () => ({
    what: 'I see no strokes',
    why: 'The sketch equals the picture in every pixel.',
    next: 'Paint where something shall appear.',
  }),
  'diff-base': () => ({
    what: 'I cannot tell which picture you drew on',
    why: 'None of mine here has that shape and that look.',
    next: 'Send it as a reply to the picture you drew on, uncropped.',
  }),
  'diff-too-different': () => ({
    what: 'That looks like another picture',
    why: 'Too much of it is new, or it was cropped.',
    next: 'Draw on a copy of the picture itself, with a thick red pen, and reply with it; or send it on its own as a new picture.',
  }),
  'no-past-mask': () => ({
    what: 'There is no other mask',
    why: 'This picture and those before it were made without one.',
    next: '',
  }),
  'too-many-drafts': ({ limit }) => ({
    what: 'Too much of yours is waiting for an answer',
    why: `You have ${limit} open masks and dialogs.`,
    next: 'Use or dismiss one; each goes by itself after 30 minutes.',
  }),
  'bad-color': ({ given }) => ({
    what: `"${given}" is no colour I know`,
    why: 'Colours are written #rrggbb.',
    next: 'White is #ffffff.',
  }),
  'bad-direction': ({ given }) => ({
    what: given === '' ? 'No side is chosen' : `I cannot grow towards "${given}"`,
    why: 'Directions are left, right, up and down.',
    next: 'Name one or more, for example "left right".',
  }),
  'bad-ratio': ({ given }) => ({
    what: `"${given}" is no shape I know`,
    why: 'A shape is width to height.',
    next: 'Write it like 16:9, 4:3 or 1:1.',
  }),
  'has-shape': ({ ratio }) => ({
    what: 'The picture would not grow',
    why: `It is ${ratio} already.`,
    next: 'Name another shape, or sides and pixels.',
  }),
  'bad-size': ({ given, nearest, meant }) => ({
    what: nearest ? `I cannot make ${given}` : `I do not understand "${given}"`,
    why: nearest
      ? 'That is outside of what I paint here.'
      : 'Sizes are src, 768x512, 2x, w832 or h1216, from 64 pixels up to the limit.',
    next: nearest ? `The nearest is ${nearest}.` : meant ? `Did you mean ${meant}?` : 'Try src to keep the size.',
  }),
  'bad-option': ({ position, text, nearest }) => ({
    what:
      text === ''
        ? 'A value is missing'
        : /^["“]$/.test(text)
          ? 'A quotation mark is never closed'
          : `I do not know the option "${text}"`,
    why: `At character ${position + 1}.`,
    next: nearest ? `Did you mean "${nearest}"?` : 'Options look like strength=0.5 or --strength 0.5.',
  }),
  'option-missing': ({ command, option }) => ({
    what: `/${command} needs "${option}"`,
    why: 'It was left out.',
    next: `Write it after the command: /${command} …`,
  }),
  'which-subcommand': ({ command, subcommands }) => ({
    what: `/${command} what?`,
    why: '',
    next: `I know ${subcommands.map((sub) => `/${command} ${sub}`).join(', ')}.`,
  }),
  'bad-weight': ({ text }) => ({
    what: 'A weight is not a number',
    why: `I cannot read "${text}".`,
    next: 'Weights look like (hat:1.2) or "a cat AND a dog:0.5".',
  }),
  'out-of-range': ({ field, given, min, max }) => ({
    what: `${field} cannot be ${given}`,
    why: `It goes from ${min} to ${max}.`,
    next: '',
  }),
  'prompt-too-long': ({ length, limit }) => ({
    what: 'That text is too long',
    why: `It has ${length} characters; I read ${limit}.`,
    next: 'Say it shorter?',
  }),
  'unknown-name': ({ kind, given, nearest }) => ({
    what: `I know no ${kind} "${given}"`,
    why: '',
    next: nearest.length > 0 ? `Near to it: ${orList(nearest)}.` : '',
  }),
  'unknown-person': ({ given, nearest }) => ({
    what: `I do not know "${given}"`,
    why: 'I know people by @name once they have spoken to me.',
    next:
      nearest.length > 0
        ? `Here are: ${orList(nearest)}.`
        : 'Name them by their number, or let them speak to me first.',
  }),
  'several-people': ({ given, nearest }) => ({
    what: `Several people are called "${given}"`,
    why: '',
    next: `Name one of them: ${orList(nearest)}.`,
  }),
  'nothing-to-do': ({ why }) => ({
    what: 'Nothing would change',
    why: why === 'no-prompt' ? 'I do not know what to paint.' : 'Latent noise needs a strength above 0.',
    next: why === 'no-prompt' ? 'Tell me in a few words.' : 'Raise the strength, or choose another masked content.',
  }),
  'sigma-range': ({ min, max }) => ({
    what: 'That schedule has no room',
    why: `It would go from ${max} down to ${min}.`,
    next: 'Make sigma-max larger than sigma-min; 0 is the model’s own.',
  }),
  'exact-steps': ({ strength, least }) => ({
    what: `Strength ${strength} is too little for exact steps`,
    why: 'They would be the last ones of a schedule of many thousands.',
    next: `Take a strength of 0, or of ${least} and more, or switch exact-steps off.`,
  }),
  'soft-sampler': ({ sampler }) => ({
    what: `${sampler} cannot do soft inpainting`,
    why: 'It counts timesteps, not noise levels, and would repaint what the mask keeps.',
    next: 'Choose another sampler, Euler a for one, or switch soft off.',
  }),
  'mask-with-script': ({ script }) => ({
    what: `${script} takes no mask`,
    why: 'It makes its own, around the picture.',
    next: 'Leave the mask out, or outpaint first and inpaint the result.',
  }),
  'batch-with-script': ({ script, field }) => ({
    what: `${script} makes one picture at a time`,
    why: `${field} is more than 1.`,
    next: `Set ${field} to 1 and ask again for another one.`,
  }),
  'result-too-large': ({ width, height, maxSide, megapixels }) => ({
    what: 'The result would be too large',
    why: `It would be ${width}×${height}; I make at most ${maxSide} pixels a side and ${megapixels} megapixels.`,
    next: 'Grow it by less, or start from a smaller picture.',
  }),
  'run-too-large': ({ script, width, height, megapixels }) => ({
    what: 'The picture is too large for that script',
    why: `${script} would paint ${width}×${height} at once; I can do ${megapixels.toFixed(1)} megapixels.`,
    next: 'Use poor man’s outpainting, which works in tiles, or a smaller picture.',
  }),
  'tile-overlap': ({ field, overlap, width, height }) => ({
    what: 'The tiles overlap entirely',
    why: `${field} is ${overlap}, a tile ${width}×${height}.`,
    next: `Lower ${field}, or enlarge the tiles with size.`,
  }),
  'too-many-runs': ({ runs, limit }) => ({
    what: 'That is too much work for one edit',
    why: `It would take ${runs} runs; I make at most ${limit}.`,
    next: 'Use larger tiles, less overlap or a smaller factor.',
  }),
  'old-button': () => ({
    what: 'That button is too old',
    why: 'It is from an earlier version of me.',
    next: 'Use the buttons of a newer card.',
  }),
  gone: () => ({
    what: 'That is gone',
    why: 'I do not have it here (any more).',
    next: 'Use a newer card, or start anew.',
  }),
  'not-yours': () => ({
    what: 'That is not yours to decide',
    why: 'Only its owner or a moderator may do this.',
    next: 'Any other button makes a version of your own.',
  }),
  'not-a-manager': () => ({
    what: 'That is not yours to decide',
    why: 'Administrators of this place change its rules, and whoever runs the bot.',
    next: 'Ask one of them.',
  }),
  'not-your-edit': ({ by }) => ({
    what: `This edit is @${by}’s`,
    why: 'Only they or a moderator can cancel it.',
    next: 'Yours end with the button of their own card, or with /cancel.',
  }),
  'head-moved': ({ current }) => ({
    what: 'Somebody was quicker',
    why: `The current picture is #${current} now.`,
    next: 'Do the same from there, or keep yours as a branch.',
  }),
  locked: () => ({
    what: 'This history is locked',
    why: 'Only its owner, whoever locked it or a moderator may move it on.',
    next: 'Make a branch of your own, or ask.',
  }),
  'being-edited': ({ by, seconds }) => ({
    what: `@${by} is working on this picture (${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')})`,
    why: 'Your edit waits here.',
    next: 'Work in parallel, on a branch of your own, or ask.',
  }),
  'vote-open': () => ({ what: 'This is being voted on already', why: '', next: 'Agree there.' }),
  'too-many-votes': ({ limit }) => ({
    what: 'You have asked enough for now',
    why: `${limit} of your votes are open here.`,
    next: 'Wait until one of them is over; each is open for ten minutes.',
  }),
  'vote-over': () => ({ what: 'This vote is over', why: '', next: 'Ask anew if it still matters.' }),
  'branch-name': ({ given, why }) => ({
    what: why === 'too-many' ? 'There are too many branches' : `A branch cannot be called "${given}"`,
    why:
      why === 'taken'
        ? 'There already is one of that name.'
        : why === 'unsound'
          ? 'A name has 1 to 32 characters.'
          : 'This history has no room for another one.',
    next: why === 'too-many' ? 'Delete one first.' : 'Choose another name.',
  }),
  'nothing-to-compare': () => ({
    what: 'Nothing to compare with',
    why: 'These are not two different pictures.',
    next: 'Name two by their numbers: /compare 2 5.',
  }),
  'nothing-to-undo': () => ({ what: 'Nothing to undo', why: 'This is the first picture.', next: '' }),
  'nothing-to-redo': () => ({ what: 'Nothing to redo', why: 'No picture comes after this one.', next: '' }),
  'nothing-to-repeat': () => ({
    what: 'Nothing to repeat',
    why: 'This picture was sent, not made here.',
    next: 'Tell me what to change.',
  }),
  'too-late': () => ({ what: 'Too late to cancel', why: 'It is already finished.', next: '' }),
  'queue-full': ({ scope, limit, seconds }) => ({
    what: 'The queue is full',
    why:
      scope === 'user'
        ? `You already have ${plural(limit, 'edit', 'edits')} on the way.`
        : `${plural(limit, 'edit is', 'edits are')} waiting ${scope === 'server' ? 'here' : 'in all'}.`,
    next: seconds === null ? 'Try again when one is done.' : `There is room again in about ${shortly(seconds)}.`,
  }),
  quota: ({ seconds }) => ({
    what: 'That is enough for this hour',
    why: 'Everybody gets the same share of the machine.',
    next: `You can go on in ${shortly(seconds)}.`,
  }),
  'missing-permissions': ({ permissions }) => ({
    what: 'I may not post here',
    why: `Missing: ${permissions.join(', ')}.`,
    next: 'Someone who manages this place can grant it.',
  }),
  'forbidden-word': ({ word }) => ({
    what: 'That word is not allowed here',
    why: `I found "${word}".`,
    next: 'Say it in other words?',
  }),
  'bad-expression': ({ entry, position }) => ({
    what: 'I cannot read that expression',
    why: `${entry}, at character ${position + 1}.`,
    next: 'Letters and . [ ] ( ) | * + ? {2,5} work; look-around and references do not.',
  }),
  nsfw: ({ isAllowedElsewhere }) => ({
    what: 'Not here',
    why: 'That is not safe for work.',
    next: isAllowedElsewhere ? 'Ask again in a channel that is marked NSFW.' : 'It is not made here.',
  }),
  banned: ({ why, isEverywhere }) => ({
    what: isEverywhere ? 'You cannot use this bot' : 'You cannot use this bot here',
    why: why ?? 'An administrator decided so.',
    next: 'Ask an administrator if you think this is a mistake.',
  }),
  'no-private-messages': () => ({
    what: 'I cannot write to you privately',
    why: 'You have never written to me, or you let nobody write to you, and here others would read it.',
    next: 'Begin a private chat with me, then ask there.',
  }),
  'channel-closed': ({ open }) => ({
    what: 'I do not work here',
    why: 'The administrators chose where I do.',
    next: open.length > 0 ? `Try ${open.join(', ')}.` : '',
  }),
  'no-threads': () => ({
    what: 'There are no threads for pictures here',
    why: 'Only channels of Discord have them.',
    next: 'Replies keep the versions of a picture together all the same.',
  }),
  'role-needed': () => ({
    what: 'You need a role for that',
    why: 'On this server only some roles may use me.',
    next: 'Ask an administrator for one.',
  }),
  'foreign-source': () => ({
    what: 'I may not edit that picture',
    why: 'Here I edit what you send yourself, and what I made.',
    next: 'Send the picture yourself if it is yours.',
  }),
  forgetting: () => ({
    what: 'You asked to be forgotten',
    why: 'I am still deleting what I had of you.',
    next: 'When that is done you can start anew.',
  }),
  'under-review': () => ({
    what: 'A moderator looks at it first',
    why: 'Something in your words is on the list that holds here.',
    next: 'It goes on as soon as they allow it.',
  }),
  'too-many-presets': ({ limit }) => ({
    what: 'That is one preset too many',
    why: `${plural(limit, 'preset is', 'presets are')} the limit.`,
    next: 'Delete one first: /preset delete.',
  }),
  'no-checkpoint': ({ folder }) => ({
    what: 'There is no model',
    why: `${folder} holds none, or no worker is running.`,
    next: 'Tell whoever runs this bot.',
  }),
  'weights-broken': ({ file, why }) => ({
    what: 'The model file is damaged',
    why: `${file}: ${why}`,
    next: 'Choose another model, and tell whoever runs this bot.',
  }),
  'weights-unsupported': ({ file, why }) => ({
    what: 'I cannot use that model',
    why: `${file}: ${why}`,
    next: 'Choose another model.',
  }),
  'out-of-memory': ({ setting }) => ({
    what: 'Not enough memory for this edit',
    why: '',
    next: `Lower ${setting}.`,
  }),
  cancelled: () => ({ what: 'Cancelled', why: '', next: '' }),
  'worker-lost': () => ({
    what: 'The machine that painted it went away, twice',
    why: '',
    next: 'Try again; it cost you nothing.',
  }),
  'storage-full': () => ({
    what: 'My disk is full',
    why: 'The picture could not be kept.',
    next: 'Tell whoever runs this bot.',
  }),
  internal: ({ ref }) => ({
    what: 'Something went wrong on my side',
    why: 'It is logged.',
    next: `Try again; if it stays, give ${ref} to whoever runs this bot.`,
  }),
};
