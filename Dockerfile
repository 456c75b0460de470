# The image of Sluice. For builds that come out the same each time, name the base by its digest:
#   docker build --build-arg BASE=node:26-slim@sha256:… .
ARG BASE=node:26-slim

FROM ${BASE} AS build
WORKDIR /sluice
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev

FROM ${BASE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="sluice" \
      org.opencontainers.image.description="Reverse proxy and API gateway, configured by one YAML file" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV NODE_ENV=production
WORKDIR /sluice
# The lock file goes in for those who list what an image is made of.
COPY --from=build /sluice/package.json /sluice/package-lock.json ./
COPY --from=build /sluice/node_modules ./node_modules
COPY --from=build /sluice/dist ./dist
COPY config ./config
COPY config/gateway.yaml /etc/sluice/gateway.yaml
# What Sluice keeps (the local authority, issued certificates) must outlive the container and belong to its user.
COPY --chown=node:node certs ./certs
USER node
VOLUME ["/sluice/certs"]
EXPOSE 8080 8443
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=40s --start-interval=2s --retries=3 \
  CMD ["node", "dist/main.js", "health", "-c", "/etc/sluice/gateway.yaml"]
ENTRYPOINT ["node", "dist/main.js"]
CMD ["run", "-c", "/etc/sluice/gateway.yaml"]
