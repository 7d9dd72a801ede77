"""page_data.py REGISTRY REPOSITORY FOLDER: something that looks like a signature beside an image, and a chart repository."""

import gzip
import hashlib
import io
import json
import sys
import tarfile
import urllib.request
from pathlib import Path

registry, repository, folder = sys.argv[1:]
base = f"http://{registry}/v2/{repository}"


def ask(method, url, body=None, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return urllib.request.urlopen(urllib.request.Request(url, data=body, method=method, headers=headers))


def blob(content):
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    place = ask("POST", f"{base}/blobs/uploads/", b"").headers["Location"]
    place = place if place.startswith("http") else f"http://{registry}{place}"
    ask("PUT", place + ("&" if "?" in place else "?") + f"digest={digest}", content, Content_Type="application/octet-stream")
    return {"digest": digest, "size": len(content)}


MANIFEST = "application/vnd.oci.image.manifest.v1+json"
index = "application/vnd.oci.image.index.v1+json"
digest = ask("HEAD", f"{base}/manifests/1", Accept=index).headers["Docker-Content-Digest"]
config = {"mediaType": "application/vnd.oci.image.config.v1+json", **blob(b"{}")}
layer = {
    "mediaType": "application/vnd.dev.cosign.simplesigning.v1+json",
    "annotations": {"dev.cosignproject.cosign/signature": "bm90IG9uZQ=="},
    **blob(json.dumps({"critical": {"image": {"docker-manifest-digest": digest}}}).encode()),
}
manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]}
ask("PUT", f"{base}/manifests/{digest.replace(':', '-')}.sig", json.dumps(manifest).encode(), Content_Type=MANIFEST)

files = {
    "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.2.0\n",
    "web/values.yaml": "image: docker.io/library/app:1\n",
    "web/templates/deployment.yaml": "spec:\n  - image: docker.io/library/app:1\n",
}
plain = io.BytesIO()
with tarfile.open(fileobj=plain, mode="w") as archive:
    for name, text in files.items():
        entry = tarfile.TarInfo(name)
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text.encode()))
chart = gzip.compress(plain.getvalue(), mtime=0)
Path(folder).mkdir()
Path(folder, "web-1.2.0.tgz").write_bytes(chart)
sha256 = hashlib.sha256(chart).hexdigest()
Path(folder, "index.yaml").write_text(
    f"apiVersion: v1\nentries:\n  web:\n    - {{version: 1.2.0, urls: [web-1.2.0.tgz], digest: {sha256}}}\n"
)
