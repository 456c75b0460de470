ARG BASE=node:26-slim

FROM ${BASE} AS build
WORKDIR /sluice
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build && npm ci --omit=dev

FROM ${BASE}
ENV NODE_ENV=production
WORKDIR /sluice
COPY --from=build /sluice/package.json ./
COPY --from=build /sluice/node_modules ./node_modules
COPY --from=build /sluice/dist ./dist
COPY config ./config
# What Sluice keeps (the local CA, issued certificates) must outlive the container and belong to its user.
RUN mkdir -p /etc/sluice /sluice/certs && cp config/gateway.yaml /etc/sluice/ && chown -R node:node /etc/sluice /sluice/certs
USER node
VOLUME ["/etc/sluice", "/sluice/certs"]
EXPOSE 8080 8443
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "dist/main.js"]
CMD ["run", "-c", "/etc/sluice/gateway.yaml"]
