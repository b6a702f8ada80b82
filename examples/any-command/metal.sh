#!/bin/sh
# A trial with two metrics: the sheet metal of a box with a lid, and the room in it.
width=$1
depth=$2
height=$3
echo "metal=$((2 * (width * depth + width * height + depth * height)))"
echo "room=$((width * depth * height))"
