# The daemon in a container: non-root, no shell needed, works with a read-only root and without capabilities.
#
#   docker build -t failoverd .
#   docker run --read-only --cap-drop=ALL --rm failoverd demo --once
#
# docs/install.md says how it runs for real.

ARG NODE_IMAGE=docker.io/library/node:26-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build

# Without the tools, and without the Node that the lockfile brings for development: the base image has one.
FROM ${NODE_IMAGE} AS dependencies
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --no-audit --no-fund

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="failoverd" \
      org.opencontainers.image.description="Probes the members of a group and moves its address off a dead holder" \
      org.opencontainers.image.licenses="MIT"
# One heap for what is not JavaScript, and not one for each thread, which saves 15 MB and more.
ENV NODE_ENV=production MALLOC_ARENA_MAX=1
WORKDIR /opt/failoverd
COPY --from=dependencies /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY package.json LICENSE* ./
COPY config/demo.yaml config/demo-world.yaml config/
# `podman exec CONTAINER failoverd status`
RUN chmod 755 dist/main.js && ln -s /opt/failoverd/dist/main.js /usr/local/bin/failoverd
# Journal, orders of people and control socket. Without a volume here a new container has forgotten hold-downs and pauses.
RUN mkdir -p /var/lib/failoverd && chown 65532:65532 /var/lib/failoverd
VOLUME /var/lib/failoverd
# A number, so that Kubernetes can prove runAsNonRoot; it owns nothing in the image.
USER 65532:65532
EXPOSE 9787
STOPSIGNAL SIGTERM
# Asks the default `listen`; a config that listens elsewhere needs its own check.
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9787/livez', { signal: AbortSignal.timeout(2500) }).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/opt/failoverd/dist/main.js"]
CMD ["run"]
