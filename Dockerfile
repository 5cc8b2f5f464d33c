# glassy in a container whose own files can only be read; runs, own data and kernels are on the volume. See README.md.
FROM python:3.11-slim

RUN useradd --no-create-home --uid 1000 glassy && mkdir /runs && chown glassy /runs
WORKDIR /glassy
COPY requirements.txt .
RUN pip install --no-cache-dir --requirement requirements.txt
COPY . .

USER glassy
ENV GLASSY_RUNS_DIR=/runs
ENV GLASSY_OWN_DATA_DIR=/runs/.own-data
ENV GLASSY_GALLERY_DIR=/glassy/data/gallery
ENV NUMBA_CACHE_DIR=/runs/.kernels
ENV OMP_NUM_THREADS=1
ENV PYTHONDONTWRITEBYTECODE=1
VOLUME /runs
EXPOSE 8501
CMD ["python", "-m", "glassy_core", "class"]
