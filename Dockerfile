# Two images from one file: `app` (bots, web chat, CPU worker) and `worker-cuda` (a worker on an NVIDIA GPU).

FROM node:20-bookworm-slim AS build
WORKDIR /app
ENV ONNXRUNTIME_NODE_INSTALL=skip
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run generate && npm run build && npm prune --omit=dev --ignore-scripts

FROM node:20-bookworm-slim AS app
WORKDIR /app
ENV NODE_ENV=production PALIMPSEST_MODELS=/models PALIMPSEST_DATA=/data
RUN mkdir -p /data /models && chown node:node /data /models
COPY --from=build --chown=node:node /app/node_modules node_modules
COPY --from=build --chown=node:node /app/dist dist
COPY --from=build --chown=node:node /app/prisma prisma
COPY --from=build --chown=node:node /app/assets assets
COPY --from=build --chown=node:node /app/models/palimpsest-tiny.safetensors models/palimpsest-tiny.safetensors
COPY --from=build --chown=node:node /app/package.json package.json
USER node
VOLUME ["/data", "/models"]
ENTRYPOINT ["node", "dist/main.js"]
CMD ["all"]

FROM build AS cuda-runtime
# The install script of onnxruntime-node fetches its CUDA libraries only when asked to.
RUN ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node

FROM nvidia/cuda:12.6.3-cudnn-runtime-ubuntu22.04 AS worker-cuda
WORKDIR /app
ENV NODE_ENV=production PALIMPSEST_MODELS=/models PALIMPSEST_DATA=/data DEVICE=cuda
COPY --from=node:20-bookworm-slim /usr/local/bin/node /usr/local/bin/node
RUN useradd --uid 1000 --create-home node && mkdir -p /data /models && chown node:node /data /models
COPY --from=cuda-runtime --chown=node:node /app/node_modules node_modules
COPY --from=build --chown=node:node /app/dist dist
COPY --from=build --chown=node:node /app/models/palimpsest-tiny.safetensors models/palimpsest-tiny.safetensors
COPY --from=build --chown=node:node /app/package.json package.json
USER node
VOLUME ["/data", "/models"]
ENTRYPOINT ["node", "dist/main.js"]
CMD ["worker"]
