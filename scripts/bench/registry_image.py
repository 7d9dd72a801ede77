"""Makes an image layout with a tag `1`: registry_image.py FOLDER LAYERS BYTES. The bytes cannot be compressed."""

import hashlib
import json
import pathlib
import random
import sys

folder, layers, size = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
blobs = folder / "blobs/sha256"
blobs.mkdir(parents=True)


def add(media_type, data):
    digest = hashlib.sha256(data).hexdigest()
    (blobs / digest).write_bytes(data)
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}


source = random.Random(layers)
listed = [add("application/vnd.oci.image.layer.v1.tar+gzip", source.randbytes(size)) for _ in range(layers)]
config = {"architecture": "amd64", "os": "linux", "config": {"Env": ["PAD=" + "x" * 1200]},
          "rootfs": {"type": "layers", "diff_ids": [layer["digest"] for layer in listed[:1]]}}
manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": add("application/vnd.oci.image.config.v1+json", json.dumps(config).encode()), "layers": listed}
root = add(manifest["mediaType"], json.dumps(manifest, indent=1).encode())
root["annotations"] = {"org.opencontainers.image.ref.name": "1"}
(folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [root]}))
(folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
