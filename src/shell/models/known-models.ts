import type { ModelKind } from '../../edit/index.ts';

/** A public model file that `pull` knows by name. */
export interface KnownModel {
  /** File name; without its ending what people type. */
  readonly file: string;
  readonly kind: ModelKind;
  /** Below the models folder. */
  readonly folder: string;
  readonly url: string;
  /** Where it is known for sure. */
  readonly sha256?: string;
  readonly about: string;
}

const modelScope = (repository: string, path: string) =>
  `https://modelscope.cn/models/licyks/${repository}/resolve/master/${path}`;

const illustriousStyle = (artist: string): KnownModel => {
  const file = `ill-xl-01-${artist}.safetensors`;
  const url = modelScope('sd-lora', `sdxl/style/${file}`);
  return { file, kind: 'lora', folder: 'Lora', url, about: 'a style for Illustrious XL' };
};

const segmentAnything = (size: string, file: string, sha256: string): KnownModel => {
  const url = `https://dl.fbaipublicfiles.com/segment_anything/${file}`;
  return { file, kind: 'sam', folder: 'sam', url, sha256, about: `Segment Anything, ${size}` };
};

const groundingDino = (version: string, file: string, sha256: string): KnownModel => {
  const url = `https://github.com/IDEA-Research/GroundingDINO/releases/download/${version}/${file}`;
  return { file, kind: 'grounding-dino', folder: 'grounding-dino', url, sha256, about: 'masks by naming things' };
};

const upscaler = (folder: string, file: string, sha256: string, about: string): KnownModel => {
  const url = modelScope('sd-upscaler-models', `${folder}/${file}`);
  return { file, kind: 'upscaler', folder, url, sha256, about };
};

/** Public addresses of models that people of the web UI ask for first. */
export const knownModels: readonly KnownModel[] = [
  {
    ...{ file: 'Illustrious-XL-v0.1.safetensors', kind: 'checkpoint', folder: 'Stable-diffusion' },
    url: modelScope('sd-model', 'sdxl_1.0/Illustrious-XL-v0.1.safetensors'),
    about: 'SDXL for anime and illustration, 6.9 GB',
  },
  illustriousStyle('asagi_0398_1-000036'),
  illustriousStyle('Blue_Archive_Official_3-000036'),
  illustriousStyle('lanubis_2-000036'),
  illustriousStyle('mmafu_1-000030'),
  illustriousStyle('rurudo_2-000032'),
  illustriousStyle('tyomimas_1-000032'),
  {
    ...illustriousStyle('aaaki_6-000032'),
    url: modelScope('sd-lora', 'sdxl/character/ill-xl-01-aaaki_6-000032.safetensors'),
  },
  segmentAnything(
    'ViT-B, 375 MB',
    'sam_vit_b_01ec64.pth',
    'ec2df62732614e57411cdcf32a23ffdf28910380d03139ee0f4fcbe91eb8c912',
  ),
  segmentAnything(
    'ViT-L, 1.2 GB',
    'sam_vit_l_0b3195.pth',
    '3adcc4315b642a4d2101128f611684e8734c41232a17c648ed1693702a49a622',
  ),
  segmentAnything(
    'ViT-H, 2.6 GB',
    'sam_vit_h_4b8939.pth',
    'a7bf3b02f3ebf1267aba913ff637d9a2d5c33d3173bb679e46d9f338c26f262e',
  ),
  {
    ...{ file: 'mobile_sam.pt', kind: 'sam', folder: 'sam', about: 'Segment Anything, small and fast, 41 MB' },
    url: 'https://github.com/ChaoningZhang/MobileSAM/raw/master/weights/mobile_sam.pt',
    sha256: '6dbb90523a35330fedd7f1d3dfc66f995213d81b29a5ca8108dbcdd4e37d6c2f',
  },
  groundingDino(
    'v0.1.0-alpha',
    'groundingdino_swint_ogc.pth',
    '3b3ca2563c77c69f651d7bd133e97139c186df06231157a64c507099c52bc799',
  ),
  groundingDino(
    'v0.1.0-alpha2',
    'groundingdino_swinb_cogcoor.pth',
    '46270f7a822e6906b655b729c90613e48929d0f2bb8b9b76fd10a856f3ac6ab7',
  ),
  upscaler(
    'ESRGAN',
    '4x-UltraSharp.pth',
    'a5812231fc936b42af08a5edba784195495d303d5b3248c24489ef0c4021fe01',
    'sharp 4× upscaler',
  ),
  upscaler(
    'ESRGAN',
    '4x_NMKD-Superscale-SP_178000_G.pth',
    '1d1b0078fe71446e0469d8d4df59e96baa80d83cda600d68237d655830821bcc',
    'gentle 4× upscaler for photos',
  ),
  upscaler(
    'RealESRGAN',
    'RealESRGAN_x4plus_anime_6B.pth',
    'f872d837d3c90ed2e05227bed711af5671a6fd1c9f7d7e91c911a61f155e99da',
    'small 4× upscaler for anime, 18 MB',
  ),
  {
    ...{ file: 'DAT_x4.pth', kind: 'upscaler', folder: 'DAT', about: 'slow and good 4× upscaler' },
    url: 'https://huggingface.co/w-e-w/DAT/resolve/main/experiments/pretrained_models/DAT/DAT_x4.pth',
    sha256: '391a6ce69899dff5ea3214557e9d585608254579217169faf3d4c353caff049e',
  },
];

/** The model of that name, with or without its ending; capitals do not matter. */
export function knownModel(name: string): KnownModel | undefined {
  const wanted = name.toLowerCase();
  return knownModels.find(({ file }) => file.toLowerCase() === wanted || plainName(file).toLowerCase() === wanted);
}

/** A file's name without its ending. */
export const plainName = (file: string) => file.replace(/\.[^.]+$/, '');
