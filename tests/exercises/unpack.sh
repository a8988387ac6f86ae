# Unpack an image (docker save): from an archive of layers on standard input make one of a root file
# system, on standard output. As COMMAND of step 7, whose changes are in memory:
#     run -i --rootfs build/rootfs /bin/sh -c "$(cat tests/exercises/unpack.sh)" <IMAGE | tar -x -C DIR
set -e
export PATH=/bin
mkdir /tmp/image /tmp/root
cd /tmp/image
tar -x

# "Layers":["a/layer.tar","b/layer.tar"], the lowest first.
for layer in $(sed 's/.*"Layers":\[\([^]]*\)\].*/\1/; s/[",]/ /g' manifest.json); do
    # What it deletes of the layers below: NAME, where it has .wh.NAME, and all of a directory where
    # it has .wh..wh..opq.
    tar -t -f "$layer" | while IFS= read -r name; do
        base=${name##*/}
        directory=/tmp/root/${name%"$base"}
        case $base in
        .wh..wh..opq) rm -rf "$directory"* "$directory".[!.]* "$directory"..?* ;;
        .wh.*) rm -rf "$directory${base#.wh.}" ;;
        esac
    done
    # What it adds.
    tar -x -C /tmp/root -f "$layer"
    find /tmp/root -name '.wh.*' -exec rm -rf {} +
done
tar -c -C /tmp/root .
