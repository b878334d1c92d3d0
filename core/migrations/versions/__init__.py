"""The revisions, one file each; their `down_revision` chains them."""
