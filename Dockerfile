# docker build -t sidecar:0.1.0 .
# Needs no BuildKit feature. A registry mirror of yours: --build-arg SDK_IMAGE=… --build-arg BASE_IMAGE=….
# In the final stage ONNX Runtime needs glibc and libstdc++, which the chiseled runtime-deps image has; it has no shell.
ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0-noble-aot
ARG BASE_IMAGE=mcr.microsoft.com/dotnet/runtime-deps:10.0-noble-chiseled

FROM ${SDK_IMAGE} AS build
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# NativeAOT links with clang; the -aot images have it, a plain SDK image gets it here.
RUN command -v clang >/dev/null \
    || (apt-get update && apt-get install -y --no-install-recommends clang zlib1g-dev && rm -rf /var/lib/apt/lists/*)
WORKDIR /source

# What restore reads, and nothing else: the layer of packages survives every change of code.
COPY global.json nuget.config Directory.Build.props Directory.Packages.props ./
COPY src/Sidecar/Sidecar.csproj src/Sidecar/packages.lock.json src/Sidecar/
COPY src/Sidecar.Wire/Sidecar.Wire.csproj src/Sidecar.Wire/packages.lock.json src/Sidecar.Wire/
COPY src/Sidecar.Tensors/Sidecar.Tensors.csproj src/Sidecar.Tensors/packages.lock.json src/Sidecar.Tensors/
COPY src/Sidecar.Statistics/Sidecar.Statistics.csproj src/Sidecar.Statistics/packages.lock.json src/Sidecar.Statistics/
RUN dotnet restore src/Sidecar/Sidecar.csproj --locked-mode

# With the rules that the analyzers are told: without them, warnings that the code is written for would fail the build.
COPY .editorconfig ./
COPY src/ src/
# BuildKit and buildah set TARGETARCH; without it, the image is for the machine that builds. NativeAOT does not cross-compile here,
# so another architecture is built under emulation or on a machine of its own.
ARG TARGETARCH
RUN case "${TARGETARCH:-$(dpkg --print-architecture)}" in \
      amd64) rid=linux-x64 ;; \
      arm64) rid=linux-arm64 ;; \
      *) echo "no build for ${TARGETARCH}" >&2; exit 1 ;; \
    esac \
    && dotnet publish src/Sidecar/Sidecar.csproj --no-restore -c Release -r "$rid" --self-contained -o /app

FROM ${BASE_IMAGE}
# Only what runs: publish also leaves symbols, documentation and ONNX Runtime for Windows.
# librdkafka comes twice: the first needs libsasl2, which this image lacks; then the client takes the second, which needs glibc alone.
COPY --from=build /app/sidecar /app/libonnxruntime.so /app/librdkafka.so /app/centos8-librdkafka.so /app/
# The number, not the name: Kubernetes can check runAsNonRoot only with it. It is the `app` user of Microsoft's images.
USER 1654
EXPOSE 9180 9181
ENTRYPOINT ["/app/sidecar"]
CMD ["run"]
