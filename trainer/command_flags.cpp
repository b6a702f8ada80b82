#include "trainer/command_flags.h"

#include "base/error.h"

namespace mimar::trainer {

void add_data_flags(FlagSet& flags, DataOptions& data) {
  flags.add_text("data-dir", data.dir, "folder of the data set's files; with npz the file");
  flags.add_choice(
      "dataset", {"auto", "fashion-mnist", "mnist", "cifar10", "npz", "folder"}, 0,
      [&data](std::size_t i) { data.kind = static_cast<DataSetKind>(i); },
      "which data set; auto looks at the files");
  flags.add_sizes("image-size", data.image_size, "HEIGHT,WIDTH",
                  "what the images of a folder are resized to; unset: they are of one size");
}

void add_device_flag(FlagSet& flags, DeviceKind& device) {
  flags.add_choice(
      "device", {"auto", "cpu", "cuda"}, 0,
      [&device](std::size_t i) { device = static_cast<DeviceKind>(i); },
      "where to compute; auto: a GPU if there is one");
}

void add_runtime_flags(FlagSet& flags, RuntimeOptions& runtime) {
  flags.add_integer("threads", runtime.threads, 1,
                    "threads; unset: OMP_NUM_THREADS, else the CPUs it may use");
  add_device_flag(flags, runtime.device);
}

void add_channels_last_flag(FlagSet& flags, bool& channels_last) {
  flags.add_switch("channels-last", channels_last,
                   "lay maps out channels last, which is faster on CPUs");
}

std::string command_help(std::string_view usage, std::string_view about, const FlagSet& flags) {
  return concat("Usage: mimar-train ", usage, "\n\n", about, "\n\nFlags (--flag=value or --flag ",
                "value; defaults in brackets):\n", flags.help());
}

void add_augmentation_flags(FlagSet& flags, AugmentFlags& augment) {
  flags.add_choice(
      "augment", {"none", "flip", "crop", "crop-flip"}, 0,
      [&augment](std::size_t i) { augment.choice = i; }, "random changes of training images");
  flags.add_integer("crop", augment.crop, 0,
                    "border in pixels that crops may reach into; 0: no crops; unset: 4 if "
                    "--augment crops");
  flags.add_switch("flip", augment.flip,
                   "flip half of the training images, whatever --augment says");
  flags.add_integer("cutout", augment.cutout, 0,
                    "side in pixels of a square that training images lose; 0: none");
}

Augmentation to_augmentation(const AugmentFlags& flags) {
  const bool crops = flags.choice >= 2;
  const bool flips = flags.choice == 1 || flags.choice == 3;
  require(flags.crop.value_or(0) <= 256, "--crop must be at most 256: ", flags.crop.value_or(0));
  return {.crop_padding = flags.crop.value_or(crops ? 4 : 0),
          .flip = flips || flags.flip,
          .cutout = flags.cutout};
}

bool asks_for_help(Arguments arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--help" || argument == "-h") return true;
  }
  return false;
}

}  // namespace mimar::trainer
